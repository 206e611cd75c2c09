import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { end } from "./program.ts";

/** A server that was started as a user starts it. */
export interface Server {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process until it said that it is ready, in ms. */
  readonly startMs: number;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;

/** Runs `node …args` until it prints a line that ends in its address; its log goes to the null device. */
export async function startServer(args: readonly string[], env: Record<string, string> = {}): Promise<Server> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env.PATH, ...env },
  });
  const tooLong = setTimeout(() => child.kill("SIGKILL"), READY_WITHIN_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /ready at (http:\/\/\S+)$/.exec(line)?.[1];
    if (url === undefined) continue;
    const startMs = performance.now() - startedAt;
    clearTimeout(tooLong);
    child.stdout.resume();
    return { pid: child.pid ?? 0, url, startMs, stop: () => end(child) };
  }
  throw new Error(`"node ${args.join(" ")}" ended with ${child.exitCode} before it was ready.`);
}
