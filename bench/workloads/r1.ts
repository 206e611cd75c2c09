import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server as NetServer } from "node:net";
import { join } from "node:path";
import { pileUp } from "../pile.ts";
import { startProduct } from "../product.ts";
import type { Server } from "../server.ts";
import type { Sample } from "../statistics.ts";
import { inTurns, type Measurement, type Plan, type Workload } from "../workload.ts";

/**
 * R1: from the start of a process until its first webhook comes, when the one before was killed (`kill -9`) with deliveries
 * pending and tries under way. Against the start, until ready, of a server with nothing to deliver: the same for 1,000 and for
 * 1,000,000.
 */
export const r1: Workload = async (plan) => {
  const measured: Measurement[] = [];
  const empty = mkdtempSync(join(plan.folder, "r1-"));
  await (await startProduct(empty)).stop();
  for (const pending of plan.quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000]) {
    measured.push(await measure(plan, pending, () => start(empty)));
  }
  return measured;
};

async function measure(plan: Plan, pending: number, limit: () => Promise<Sample>): Promise<Measurement> {
  const silent = await SilentReceiver.listen();
  const folder = await pileUp(plan, pending, silent.url);
  plan.say(`  ${pending} are pending`);
  const product = () => firstPost(folder, silent);
  await product();
  const rounds = await inTurns({ ...plan, rounds: 2 * plan.rounds }, "ms", product, limit);
  silent.close();
  rmSync(folder, { recursive: true });
  return {
    id: `R1_${pending}`,
    what: `kill -9 with ${pending.toLocaleString("en")} pending to the first redelivery`,
    against: "start to ready with none",
    unit: "ms",
    target: { addedAtMost: 100 },
    rounds,
  };
}

async function start(folder: string): Promise<Sample> {
  const server = await startProduct(folder);
  await server.stop();
  return { value: server.startMs };
}

async function firstPost(folder: string, silent: SilentReceiver): Promise<Sample> {
  const startedAt = performance.now();
  const came = silent.next();
  const server = await startProduct(folder);
  const ms = (await came) - startedAt;
  await kill(server);
  return { value: ms };
}

async function kill(server: Server): Promise<void> {
  process.kill(server.pid, "SIGKILL");
  await server.stop();
}

/** A subscriber that never answers, so that what is pending stays so. */
class SilentReceiver {
  readonly url: string;
  readonly #server: NetServer;
  #tell: (at: number) => void = () => {};

  private constructor(server: NetServer, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
    server.on("connection", (socket) => {
      socket.once("data", () => this.#tell(performance.now()));
      socket.on("error", () => socket.destroy()); // who is killed leaves without a word
    });
  }

  static listen(): Promise<SilentReceiver> {
    const server = createServer();
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(new SilentReceiver(server, typeof address === "object" && address ? address.port : 0));
      });
    });
  }

  /** When the next request begins to come, in ms of this process. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  close(): void {
    this.#server.close();
  }
}
