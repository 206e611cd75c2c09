import type { Queue } from "../model/job.ts";
import type { DueNotice } from "../store/job-store.ts";
import { Alarm } from "./alarm.ts";
import type { GroupLimit, Worker } from "./contract.ts";
import { crashDelay } from "./crash-delay.ts";
import { type Group, hasWork, nextAsked, type Run, takeFirst, takeNext, takeOut } from "./group.ts";
import { Groups } from "./groups.ts";
import { readDue } from "./read-due.ts";
import { type EnginePorts, Runs } from "./runs.ts";
import { Turns } from "./turns.ts";

const UNLIMITED: GroupLimit = { maxInFlight: Number.POSITIVE_INFINITY, holdUntil: null };

/** Runs one queue: its groups take turns, each within its limit, all within the worker's concurrency. */
export class QueueRunner {
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #ports: EnginePorts;
  readonly #runs: Runs;
  readonly #groups = new Groups();
  /** Groups that may have something to run. */
  readonly #turns: Turns;
  readonly #alarm: Alarm;
  #loads = 0;
  #isPumpPlanned = false;
  #isOpen = false;
  #idleWaiters: (() => void)[] = [];

  constructor(queue: Queue, worker: Worker, ports: EnginePorts) {
    this.#queue = queue;
    this.#worker = worker;
    this.#ports = ports;
    this.#turns = new Turns(worker.concurrency);
    this.#runs = new Runs(worker, ports, (run) => this.#afterRun(run));
    this.#alarm = new Alarm(ports.clock, () => this.#wakeDue());
  }

  get running(): number {
    return this.#runs.size;
  }

  /** True when nothing runs and nothing may run now. */
  get isIdle(): boolean {
    return this.#runs.size === 0 && (!this.#isOpen || (this.#turns.isEmpty && this.#loads === 0));
  }

  /** Since when a job that is due and might run waits, although there is room (ms since the epoch); Infinity when none does. */
  get overdueSince(): number {
    if (!this.#isOpen) return Number.POSITIVE_INFINITY;
    let since = Number.POSITIVE_INFINITY;
    for (const group of this.#groups) since = Math.min(since, this.#waitsSince(group));
    return since;
  }

  #waitsSince(group: Group): number {
    const now = this.#ports.clock.now();
    const { maxInFlight, holdUntil } = this.#limitOf(group);
    const isHeld = Math.max(holdUntil ?? 0, group.pausedUntil) > now;
    const mayRun = !isHeld && group.loading === null && group.inFlight.size < maxInFlight;
    if (!mayRun || !this.#turns.isFree(this.#shareOf(group))) return Number.POSITIVE_INFINITY;
    const dueAt = Math.min(group.wakeAt, group.ready[0]?.dueAt ?? Number.POSITIVE_INFINITY);
    return dueAt <= now ? dueAt : Number.POSITIVE_INFINITY;
  }

  /** Finds what an earlier process left. */
  async start(): Promise<void> {
    this.#isOpen = true;
    await this.#findAll();
  }

  /** The clock was put back: moments by the old one say nothing any more. */
  async turnedBack(): Promise<void> {
    if (!this.#isOpen) return;
    this.#alarm.clear();
    for (const group of this.#groups) {
      group.wakeAt = Number.POSITIVE_INFINITY;
      group.pausedUntil = 0;
      this.wake(group.name);
    }
    await this.#findAll();
  }

  /** A job of the group is due at `dueAt` (ms since the epoch), be that now or later. */
  notice({ group: name, dueAt, lease }: Omit<DueNotice, "queue">): void {
    const group = this.#groups.named(name);
    if (lease?.isAsked) takeFirst(group, lease);
    if (dueAt > this.#ports.clock.now()) this.#wakeAt(group, dueAt);
    else if (lease && !lease.isAsked && takeNext(group, lease, this.#groups.room)) this.#takeTurn(group);
    else this.#look(group);
  }

  /** Looks at the group's limit, and for its jobs, again. */
  wake(name: string): void {
    const group = this.#groups.named(name);
    group.isMet = false;
    this.#look(group);
  }

  /** A commit ended the job or made it due again. */
  ended(jobId: number): void {
    this.#runs.ended(jobId);
  }

  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Begins nothing new. Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#isOpen = false;
    this.#alarm.clear();
    this.#turns.clear();
    await this.#runs.settled();
    this.#tellIdle();
  }

  /** Asks what runs to break off. */
  abort(): void {
    this.#runs.abort();
  }

  async #findAll(): Promise<void> {
    for (const found of await this.#ports.store.groups(this.#queue)) this.notice(found);
  }

  #look(group: Group): void {
    group.more = true;
    this.#takeTurn(group);
  }

  #wakeAt(group: Group, at: number): void {
    group.wakeAt = Math.min(group.wakeAt, at);
    if (this.#isOpen) this.#alarm.set(group.wakeAt);
  }

  #wakeDue(): void {
    const now = this.#ports.clock.now();
    for (const group of this.#groups) {
      if (group.wakeAt > now) {
        this.#alarm.set(group.wakeAt);
      } else {
        group.wakeAt = Number.POSITIVE_INFINITY;
        this.#look(group);
      }
    }
  }

  /** Its turn comes once it is met: its share is known then. */
  #takeTurn(group: Group): void {
    if (!this.#isOpen || group.loading !== null) return; // the end of a load gives it another turn
    if (!group.isMet) return this.#meet(group);
    this.#turns.add(group, this.#shareOf(group));
    this.#planPump();
  }

  #planPump(): void {
    if (this.#isPumpPlanned) return;
    this.#isPumpPlanned = true;
    queueMicrotask(() => this.#pump());
  }

  #limitOf(group: Group): GroupLimit {
    return this.#worker.limit?.(group.name, nextAsked(group) !== undefined) ?? UNLIMITED;
  }

  #shareOf({ name }: Group): string | null {
    return this.#worker.share?.(name) ?? null;
  }

  #afterRun({ group, share }: Run): void {
    this.#turns.end(share);
    this.#goOn(group);
    if (this.#isOpen) this.#planPump(); // others may have waited for its place
  }

  #goOn(group: Group): void {
    if (hasWork(group)) this.#takeTurn(group);
    else this.#groups.forgetIdle(group);
  }

  #pump(): void {
    this.#isPumpPlanned = false;
    for (let group = this.#turns.next(); group; group = this.#turns.next()) {
      this.#serve(group);
      this.#groups.forgetIdle(group);
    }
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.isIdle) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Gives a group its turn: begins one job of it, or reads more of them. */
  #serve(group: Group): void {
    if (group.loading !== null) return; // its end gives it another turn
    const now = this.#ports.clock.now();
    const { maxInFlight, holdUntil } = this.#limitOf(group);
    const heldUntil = Math.max(holdUntil ?? 0, group.pausedUntil);
    if (heldUntil > now) return this.#wakeAt(group, heldUntil);
    if (group.inFlight.size >= maxInFlight) return; // the end of a run gives it another turn
    const share = this.#shareOf(group);
    if (!this.#turns.isFree(share)) return this.#turns.add(group, share); // it is another than the one it waited in
    const lease = takeOut(group);
    if (lease) {
      this.#turns.begin(share);
      this.#runs.begin(group, lease, share);
      if (hasWork(group)) this.#turns.add(group, share);
    } else if (group.more) {
      void this.#load(group, "jobs", this.#read(group));
    }
  }

  #meet(group: Group): void {
    group.isMet = true; // before: a change that comes meanwhile has it met again
    const met = this.#worker.meet?.(group.name);
    if (met) void this.#load(group, "limit", met);
    else this.#goOn(group);
  }

  /** Waits for what is read of a group, then gives it a turn. */
  async #load(group: Group, what: Group["loading"], reading: Promise<void>): Promise<void> {
    group.loading = what;
    this.#loads++;
    try {
      await reading;
    } catch (error) {
      this.#ports.log.error({ queue: this.#queue, group: group.name, err: error }, "jobs could not be read");
      group.more = true;
      group.pausedUntil = this.#ports.clock.now() + crashDelay(1);
    }
    group.loading = null;
    this.#loads--;
    this.#goOn(group);
    this.#planPump();
  }

  async #read(group: Group): Promise<void> {
    const next = await readDue(this.#ports, this.#queue, group, this.#groups.room);
    if (next !== null) this.#wakeAt(group, next);
  }
}
