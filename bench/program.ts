import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process of its own for one part of a workload, so that CPU and memory can be told apart. */
export interface Program {
  readonly pid: number;
  /** Where it listens; empty when it does not. */
  readonly url: string;
  /** Has it do something (see `programs/obey.ts`) and gives what comes of it. */
  ask<T>(command: string, argument?: unknown): Promise<T>;
  stop(): Promise<void>;
}

/** A message to a program and back. */
export interface Order {
  n: number;
  command: string;
  argument: unknown;
}
export type Outcome = { ready: string } | { n: number; result: unknown } | { n: number; error: string };

type Waiter = { resolve: (result: unknown) => void; reject: (error: Error) => void };

/** Starts `programs/<name>.ts`; resolves when it is ready. */
export function startProgram(name: string): Promise<Program> {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiters = new Map<number, Waiter>();
  let asked = 0;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      reject(error);
      for (const waiter of waiters.values()) waiter.reject(error);
    };
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`${name} ended with ${code}`)));
    child.on("message", (outcome: Outcome) => {
      if ("ready" in outcome) return resolve({ pid: child.pid ?? 0, url: outcome.ready, ask, stop: () => end(child) });
      const waiter = waiters.get(outcome.n);
      waiters.delete(outcome.n);
      if ("error" in outcome) waiter?.reject(new Error(`${name}: ${outcome.error}`));
      else waiter?.resolve(outcome.result);
    });
    const ask = <T>(command: string, argument?: unknown) =>
      new Promise<T>((settle, refuse) => {
        const n = ++asked;
        waiters.set(n, { resolve: settle as Waiter["resolve"], reject: refuse });
        child.send({ n, command, argument } satisfies Order);
      });
  });
}

/** Asks a process to end and waits until it has. */
export function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.removeAllListeners("exit").once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
