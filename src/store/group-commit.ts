import type { Database as Client } from "better-sqlite3";
import { type Clock, systemClock } from "../kernel/clock.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { Outcome, Plan } from "./dialect.ts";
import { type Line, linesOf, outcomeOf } from "./lines.ts";
import type { RemoteWriter } from "./remote-writer.ts";
import { SpareThread } from "./spare-thread.ts";
import { asTrouble, isDamage, isLocked, isPassing } from "./trouble.ts";
import { Writer, type Written } from "./writer.ts";

interface Waiting {
  plan: Plan;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/** How often, and how long, a group asks for a lock that another process holds. */
const LOCK_RETRY_MS = 20;
const LOCK_WAIT_MS = 5_000;
/** On a full disk small writes may still find room: one that failed counts for so long. */
const TROUBLE_MS = 10_000;
/** Of so few lines the thread's detour is the larger part: they are written here though there is one, in at most so long of a second. */
const FEW_LINES = 8;
const FEW_MS = 200;

/**
 * Writes all plans of one tick together, so that one `fsync` makes many acts durable. Once there is much to write, a thread of
 * its own does it: what comes while one group is written is the next. While another process holds the lock, what waits is
 * kept and asked for again, and everything else goes on.
 */
export class GroupCommit {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #here: Writer;
  readonly #thread: SpareThread;
  #waiting: Waiting[] = [];
  /** The group that the thread writes. */
  #underWay: Promise<void> | null = null;
  /** Since when another process holds the lock; null when none does. */
  #lockedSince: number | null = null;
  /** The last write that the database could not take while no lock was in its way, and when. */
  #trouble: { error: TidewireError; at: number } | null = null;
  /** What a write said that found the file damaged: it stays so. */
  #damage: TidewireError | null = null;
  #closed = false;

  /** Without `startThread` all is written here. */
  constructor(client: Client, clock: Clock = systemClock, startThread?: () => Promise<RemoteWriter>) {
    this.#client = client;
    this.#clock = clock;
    this.#here = new Writer(client);
    this.#thread = new SpareThread(clock, startThread);
    client.pragma("busy_timeout = 0"); // a wait of SQLite's would hold up the whole process
  }

  add(plan: Plan): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed)
        return reject(new TidewireError("unavailable", "The database is closed: Tidewire is stopping."));
      this.#waiting.push({ plan, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  /** What a write met in the last seconds that the database could not take, or ever since when it is damaged; else null. */
  get trouble(): TidewireError | null {
    if (this.#damage || this.#trouble === null) return this.#damage;
    const age = this.#clock.now() - this.#trouble.at;
    return age >= 0 && age < TROUBLE_MS ? this.#trouble.error : null; // a clock that was put back tells nothing
  }

  /** Writes what is waiting, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#waiting.length > 0) this.#client.pragma(`busy_timeout = ${LOCK_WAIT_MS}`);
    this.#flush();
    while (this.#underWay) await this.#underWay;
    await this.#thread.close();
  }

  /** Writes what is waiting: now, once the thread is free, or once the lock is. */
  #flush(): void {
    if (this.#waiting.length === 0 || this.#underWay) return;
    const group = this.#waiting;
    this.#waiting = [];
    const lines = group.map(({ plan }) => linesOf(plan));
    const count = lines.reduce((sum, plan) => sum + plan.length, 0);
    const isLittle = count <= FEW_LINES && this.#thread.busyMs < FEW_MS;
    const written = isLittle ? null : this.#thread.writer?.write(lines);
    if (!written) return this.#writeHere(group, lines);
    this.#thread.noteThere(count);
    this.#underWay = this.#writtenThere(group, written);
  }

  #writeHere(group: Waiting[], lines: Line[][]): void {
    const startedAt = this.#clock.now();
    try {
      this.#settle(group, this.#here.write(lines));
    } catch (error) {
      this.#refuse(group, error);
    }
    this.#thread.noteHere(startedAt, this.#clock.now());
  }

  async #writtenThere(group: Waiting[], written: Promise<Written[]>): Promise<void> {
    try {
      this.#settle(group, await written);
    } catch (error) {
      this.#refuse(group, error);
    }
    this.#underWay = null;
    this.#flush();
  }

  #settle(group: Waiting[], written: Written[]): void {
    this.#lockedSince = null;
    const committed: (() => void)[] = [];
    const outcomes = written.map((one, i) =>
      "error" in one ? null : outcomeOf((group[i] as Waiting).plan, one.changed, committed),
    );
    for (const tell of committed) tell();
    group.forEach((waiting, i) => {
      const outcome = outcomes[i];
      if (outcome) waiting.resolve(outcome);
      else this.#reject(waiting, (written[i] as { error: unknown }).error);
    });
  }

  /** Nothing of the group was written: it is kept while the lock may come free, else each is told why. */
  #refuse(group: Waiting[], error: unknown): void {
    if (isLocked(error) && this.#mayWait()) {
      this.#waiting = [...group, ...this.#waiting];
      this.#clock.after(LOCK_RETRY_MS, () => this.#flush());
    } else {
      for (const waiting of group) this.#reject(waiting, error);
    }
  }

  #reject({ reject }: Waiting, thrown: unknown): void {
    const error = asTrouble(thrown);
    if (isDamage(error)) this.#damage = error;
    // Of a lock the next write tells by itself whether it is still held.
    if (isPassing(error) && error.code !== "database_busy") this.#trouble = { error, at: this.#clock.now() };
    reject(error);
  }

  #mayWait(): boolean {
    const now = this.#clock.now();
    this.#lockedSince ??= now;
    return !this.#closed && now - this.#lockedSince < LOCK_WAIT_MS;
  }
}
