import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { end, startNode } from "./child.ts";

/** A server that was started as a user starts it. */
export interface Server {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process until it said that it is ready, in ms. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** A Node process that listens and does nothing: the least that a server takes. */
export const EMPTY_SERVER = fileURLToPath(new URL("programs/empty-server.js", import.meta.url));

const READY_WITHIN_MS = 30_000;

/** Runs `node …args` until it prints a line that ends in its address; its log goes to the null device. */
export async function startServer(args: readonly string[], env: Record<string, string> = {}): Promise<Server> {
  const startedAt = performance.now();
  const child = startNode(args, ["ignore", "pipe", "ignore"], { PATH: process.env.PATH, ...env });
  const output = child.stdout as Readable;
  const tooLong = setTimeout(() => child.kill("SIGKILL"), READY_WITHIN_MS);
  const url = await addressIn(output);
  const startMs = performance.now() - startedAt;
  clearTimeout(tooLong);
  if (url === null) throw new Error(`"node ${args.join(" ")}" ended before it was ready.`);
  output.resume(); // a full pipe would hold it up
  return { pid: child.pid ?? 0, url, startMs, stop: () => end(child) };
}

function addressIn(output: Readable): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: output });
    lines.on("line", (line) => {
      const url = /ready at (http:\/\/\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    lines.on("close", () => resolve(null));
  });
}
