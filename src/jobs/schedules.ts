import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { StartCron } from "./cron.ts";

interface Schedule {
  name: string;
  expression: string;
  action: () => Promise<void>;
}

/** Actions that are run at the ticks of cron expressions, one run of each at a time. What they throw is logged. */
export class Schedules {
  readonly #startCron: StartCron;
  readonly #log: Log;
  readonly #waiting: Schedule[] = [];
  readonly #begun: Schedule[] = [];
  readonly #stops: (() => void)[] = [];
  readonly #running = new Map<string, Promise<void>>();
  readonly #clock: Clock;
  readonly #ticks = new Map<string, number>();
  #isStarted = false;

  constructor(startCron: StartCron, log: Log, clock: Clock) {
    this.#startCron = startCron;
    this.#log = log;
    this.#clock = clock;
  }

  /** When the last run of each ended, in ms since the epoch. */
  get ticks(): ReadonlyMap<string, number> {
    return this.#ticks;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  add(schedule: Schedule): void {
    if (this.#isStarted) this.#begin(schedule);
    else this.#waiting.push(schedule);
  }

  start(): void {
    this.#isStarted = true;
    for (const schedule of this.#waiting.splice(0)) this.#begin(schedule);
  }

  /** Counts on from now: a schedule that was begun by a clock that was put back waits for its next tick until then. */
  restart(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const schedule of this.#begun) this.#start(schedule);
  }

  /** Ticks no more. Resolves when the actions that run have ended. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await this.settled();
  }

  /** Resolves when the actions that run now have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #begin(schedule: Schedule): void {
    this.#begun.push(schedule);
    this.#start(schedule);
  }

  #start(schedule: Schedule): void {
    this.#stops.push(this.#startCron(schedule.name, schedule.expression, () => this.#tick(schedule)));
  }

  /** One run; a tick that comes meanwhile waits for it, so that who ticks knows that it overlaps. */
  #tick({ name, action }: Schedule): Promise<void> {
    const running = this.#running.get(name) ?? this.#run(name, action).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
  }

  async #run(name: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#log.error({ schedule: name, err: error }, "a scheduled action failed");
    }
    this.#ticks.set(name, this.#clock.now());
  }
}
