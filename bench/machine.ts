import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

/** What the figures depend on beside the code. */
export interface Machine {
  node: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  /** Processes that wanted to run during the last minute, before the bench began. More than a few tenths disturbs it. */
  load: number;
  /** Durable 4 KB writes a second of one file on the disk where the databases lie. */
  fdatasyncs: number;
  /** Millions of rounds a second of a small loop on one core. */
  spin: number;
}

/** Looks at the machine; takes about a second. */
export function lookAtMachine(folder: string): Machine {
  return {
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0] ?? 0,
    fdatasyncs: Math.round(fdatasyncsASecond(join(folder, "fdatasync"))),
    spin: Math.round(spinScore()),
  };
}

export function describeMachine(m: Machine): string {
  return `Node ${m.node}, ${m.cores} cores (${m.cpu}), ${m.memoryGb} GB; load ${m.load.toFixed(2)}, ${m.fdatasyncs} fdatasync/s, spin ${m.spin} M/s`;
}

const LOOK_MS = 400;

function fdatasyncsASecond(file: string): number {
  const page = Buffer.alloc(4096, 1);
  const descriptor = openSync(file, "w");
  const startedAt = performance.now();
  let count = 0;
  while (performance.now() - startedAt < LOOK_MS) {
    writeSync(descriptor, page, 0, page.length, (count % 256) * page.length);
    fdatasyncSync(descriptor);
    count++;
  }
  closeSync(descriptor);
  return (1000 * count) / (performance.now() - startedAt);
}

const SPIN_ROUNDS = 1_000_000;

function spinScore(): number {
  const startedAt = performance.now();
  let rounds = 0;
  for (let x = 1; performance.now() - startedAt < LOOK_MS; rounds += SPIN_ROUNDS) {
    for (let i = 0; i < SPIN_ROUNDS; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    if (x === 0) rounds--; // the sum is looked at, so that the loop cannot be left out
  }
  return rounds / 1_000 / (performance.now() - startedAt);
}
