import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SERVERS = fileURLToPath(new URL("../../../examples/servers", import.meta.url));
const END_WITH_PARENT = fileURLToPath(new URL("./end-with-parent.ts", import.meta.url));
const READY_MS = 60_000;

/** What to start. */
export interface Program {
  /** Below `examples/servers/node_modules`. */
  script: string;
  /** `files` is `examples/servers`, where its settings are. */
  args: (at: { port: number; folder: string; files: string }) => string[];
}

/** A server of `examples/servers`, in a process and a folder of its own, that ends with the tests whatever happens. */
export class RealServer {
  readonly url: string;
  /** Its data; also its home. */
  readonly folder: string;
  readonly #child: ChildProcess;
  #said = "";

  private constructor({ script, args }: Program, port: number) {
    this.url = `http://127.0.0.1:${port}`;
    this.folder = mkdtempSync(join(tmpdir(), "tidewire-example-"));
    const program = join(SERVERS, "node_modules", script);
    const given = args({ port, folder: this.folder, files: SERVERS });
    this.#child = spawn(process.execPath, ["--import", END_WITH_PARENT, program, ...given], {
      cwd: this.folder,
      env: cleanEnvironment(this.folder),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
      });
    }
  }

  /** Starts it and waits until it answers. */
  static async start(program: Program): Promise<RealServer> {
    const server = new RealServer(program, await freePort());
    try {
      await server.#ready();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Kills it and forgets its data. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #ready(): Promise<void> {
    const tooLate = AbortSignal.timeout(READY_MS);
    while (!(await answers(this.url, tooLate))) {
      if (this.#child.exitCode !== null || tooLate.aborted) throw new Error(`it did not start: ${this.#said}`);
      await wait(50);
    }
  }
}

/** Nothing of this machine's environment but the path; a home of its own. */
export function cleanEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: home };
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal });
    await answer.body?.cancel();
    return true;
  } catch {
    return false; // nobody listens yet
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
