import type { Database as Client, Statement } from "better-sqlite3";
import { TidewireError } from "../kernel/errors.ts";
import { isPlan, type Outcome, type Plan, type Step } from "./dialect.ts";

interface Waiting {
  plan: Plan;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/** Texts of rare writes differ by the columns they set; beyond this many the statements are prepared anew. */
const MAX_STATEMENTS = 500;

/**
 * Writes all plans of one tick in one transaction, so that one `fsync` makes many acts durable. When a plan fails, the
 * group is rolled back and each plan is written alone, so that a bad one fails alone.
 */
export class GroupCommit {
  readonly #client: Client;
  readonly #statements = new Map<string, Statement<unknown[]>>();
  #waiting: Waiting[] = [];
  #closed = false;

  constructor(client: Client) {
    this.#client = client;
  }

  add(plan: Plan): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed)
        return reject(new TidewireError("unavailable", "The database is closed: Tidewire is stopping."));
      this.#waiting.push({ plan, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Writes what is waiting, now. */
  flush(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    if (group.length > 1 && this.#tryGroup(group)) return;
    for (const waiting of group) this.#writeAlone(waiting);
  }

  close(): void {
    this.#closed = true;
    this.flush();
  }

  #tryGroup(group: Waiting[]): boolean {
    let outcomes: Outcome[];
    const committed: (() => void)[] = [];
    try {
      outcomes = this.#transaction(() => group.map(({ plan }) => this.#write(plan, committed)));
    } catch {
      return false; // each plan is tried alone, where its own error reaches its caller
    }
    for (const tell of committed) tell();
    group.forEach(({ resolve }, i) => resolve(outcomes[i] as Outcome));
    return true;
  }

  #writeAlone({ plan, resolve, reject }: Waiting): void {
    const committed: (() => void)[] = [];
    try {
      const outcome = this.#transaction(() => this.#write(plan, committed));
      for (const tell of committed) tell();
      resolve(outcome);
    } catch (error) {
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
