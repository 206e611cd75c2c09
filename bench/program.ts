import { fileURLToPath } from "node:url";
import { end, startNode } from "./child.ts";

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
  const child = startNode([file], ["ignore", "inherit", "inherit", "ipc"], process.env);
  const waiters = new Map<number, Waiter>();
  let asked = 0;
  const ask = <T>(command: string, argument?: unknown) =>
    new Promise<T>((resolve, reject) => {
      const n = ++asked;
      waiters.set(n, { resolve: resolve as Waiter["resolve"], reject });
      child.send({ n, command, argument } satisfies Order);
    });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => {
      const error = new Error(`${name} ended with ${code}`);
      reject(error);
      for (const waiter of waiters.values()) waiter.reject(error);
    });
    child.on("message", (outcome: Outcome) => {
      if ("ready" in outcome) return resolve({ pid: child.pid ?? 0, url: outcome.ready, ask, stop: () => end(child) });
      const waiter = waiters.get(outcome.n);
      waiters.delete(outcome.n);
      if ("error" in outcome) waiter?.reject(new Error(`${name}: ${outcome.error}`));
      else waiter?.resolve(outcome.result);
    });
  });
}
