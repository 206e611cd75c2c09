import type { JobEngine, Worker } from "../../src/jobs/contract.ts";
import type { Lease } from "../../src/model/job.ts";

/** A worker whose runs end when the test says so. */
export class HeldWorker implements Worker {
  concurrency = 100;
  leaseMs = 60_000;
  /** Leases in the order they were begun. */
  readonly begun: Lease[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #ends: (() => void)[] = [];
  limit?: Worker["limit"];
  meet?: Worker["meet"];

  run(lease: Lease, signal: AbortSignal): Promise<void> {
    this.begun.push(lease);
    this.signals.push(signal);
    return new Promise((resolve) => this.#ends.push(resolve));
  }

  get payloads(): unknown[] {
    return this.begun.map((lease) => lease.payload);
  }

  /** Lets the `n`th run (0 = the first) return. */
  end(n: number): void {
    this.#ends[n]?.();
  }
}

/** An engine and what it says. */
export interface Rig {
  engine: JobEngine;
  /** Messages of the log, in order. */
  logged: string[];
  /** Ticks a schedule, as cron would; resolves when its action has run. */
  tick(name: string): Promise<void>;
}
