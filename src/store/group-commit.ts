import type { Database as Client, Statement } from "better-sqlite3";
import { type Clock, systemClock } from "../kernel/clock.ts";
import { TidewireError } from "../kernel/errors.ts";
import { isPlan, type Outcome, type Plan, type Step } from "./dialect.ts";
import { asTrouble, isLocked, isPassing } from "./trouble.ts";

interface Waiting {
  plan: Plan;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/** Texts of rare writes differ by the columns they set; beyond this many the statements are prepared anew. */
const MAX_STATEMENTS = 500;
/** How often, and how long, a group asks for a lock that another process holds. */
const LOCK_RETRY_MS = 20;
const LOCK_WAIT_MS = 5_000;
/** On a full disk small writes may still find room: one that failed counts for so long. */
const TROUBLE_MS = 10_000;

/**
 * Writes all plans of one tick in one transaction, so that one `fsync` makes many acts durable. When a plan fails, the
 * group is rolled back and each plan is written alone, so that a bad one fails alone. While another process holds the lock,
 * what waits is kept and asked for again, and everything else goes on.
 */
export class GroupCommit {
  readonly #client: Client;
  readonly #statements = new Map<string, Statement<unknown[]>>();
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  /** Since when another process holds the lock; null when none does. */
  #lockedSince: number | null = null;
  /** The last write that the database could not take, and when. */
  #trouble: { error: TidewireError; at: number } | null = null;
  #closed = false;

  constructor(client: Client, clock: Clock = systemClock) {
    this.#client = client;
    this.#clock = clock;
    client.pragma("busy_timeout = 0"); // a wait of SQLite's would hold up the whole process
  }

  add(plan: Plan): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed)
        return reject(new TidewireError("unavailable", "The database is closed: Tidewire is stopping."));
      this.#waiting.push({ plan, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** What a write met in the last seconds that the database could not take; null when there was none. */
  get trouble(): TidewireError | null {
    const isRecent = this.#trouble !== null && this.#clock.now() - this.#trouble.at < TROUBLE_MS;
    return isRecent ? (this.#trouble?.error ?? null) : null;
  }

  /** Writes what is waiting: now, or once the lock is free. */
  flush(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    try {
      this.#writeTogether(group);
      this.#lockedSince = null;
    } catch (error) {
      if (isLocked(error) && this.#mayWait()) this.#keep(group);
      else for (const waiting of group) this.#writeAlone(waiting); // where each meets its own error, if it has one
    }
  }

  /** Writes what is waiting, and takes nothing more. */
  close(): void {
    this.#closed = true;
    if (this.#waiting.length > 0) this.#client.pragma(`busy_timeout = ${LOCK_WAIT_MS}`);
    this.flush();
  }

  #mayWait(): boolean {
    const now = this.#clock.now();
    this.#lockedSince ??= now;
    return !this.#closed && now - this.#lockedSince < LOCK_WAIT_MS;
  }

  #keep(group: Waiting[]): void {
    this.#waiting = group;
    this.#clock.after(LOCK_RETRY_MS, () => this.flush());
  }

  #writeTogether(group: Waiting[]): void {
    const committed: (() => void)[] = [];
    const outcomes = this.#transaction(() => group.map(({ plan }) => this.#write(plan, committed)));
    for (const tell of committed) tell();
    group.forEach(({ resolve }, i) => resolve(outcomes[i] as Outcome));
  }

  #writeAlone({ plan, resolve, reject }: Waiting): void {
    const committed: (() => void)[] = [];
    try {
      const outcome = this.#transaction(() => this.#write(plan, committed));
      for (const tell of committed) tell();
      resolve(outcome);
    } catch (thrown) {
      const error = asTrouble(thrown);
      if (isPassing(error)) this.#trouble = { error, at: this.#clock.now() };
      reject(error);
    }
  }

  #transaction<T>(body: () => T): T {
    this.#statement("BEGIN IMMEDIATE").run();
    try {
      const value = body();
      this.#statement("COMMIT").run();
      return value;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#client.inTransaction) this.#statement("ROLLBACK").run();
      throw error;
    }
  }

  #write(plan: Plan, committed: (() => void)[]): Outcome {
    if (plan.guard && !this.#run(plan.guard, committed)) return { result: "stale", applied: 0 };
    let applied = 1;
    for (const part of plan.steps) {
      if (isPlan(part)) applied += this.#write(part, committed).applied;
      else this.#run(part, committed);
    }
    return { result: "committed", applied };
  }

  /** True when it changed a row. */
  #run(step: Step, committed: (() => void)[]): boolean {
    const changed = this.#statement(step.sql).run(step.params as unknown[]).changes > 0;
    if (changed && step.committed) committed.push(step.committed);
    return changed;
  }

  #statement(text: string): Statement<unknown[]> {
    let statement = this.#statements.get(text);
    if (!statement) {
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
      statement = this.#client.prepare<unknown[]>(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
