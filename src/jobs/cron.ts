import type { Logger } from "node-cron";
import { systemClock } from "../kernel/clock.ts";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { nodeCron } from "../kernel/when-needed.ts";

/**
 * Begins a schedule; the returned function ends it. A tick that comes while `action` still runs is skipped.
 * Throws `config_invalid` when the expression is none.
 */
export type StartCron = (name: string, expression: string, action: () => Promise<void>) => () => void;

/** What stars alone mean, in ms: each whole second and each whole minute. That takes no calendar, in any time zone. */
const STARS: Readonly<Record<string, number>> = { "* * * * * *": 1_000, "* * * * *": 60_000 };

/** Schedules by the system's clock (node-cron). It does not catch up: an action looks itself for what is overdue. */
export function systemCron(log: Log): StartCron {
  const calendar = calendarCron(log);
  return (name, expression, action) => {
    const everyMs = STARS[expression];
    return everyMs === undefined ? calendar(name, expression, action) : startEvery(everyMs, action);
  };
}

function startEvery(everyMs: number, action: () => Promise<void>): () => void {
  let isRunning = false;
  let dueAt = nextWhole();
  let cancel = wait();
  function nextWhole() {
    return (Math.floor(systemClock.now() / everyMs) + 1) * everyMs;
  }
  function wait() {
    return systemClock.after(dueAt - systemClock.now(), tick);
  }
  function tick() {
    dueAt = Math.max(dueAt + everyMs, nextWhole()); // a timer may come a millisecond early
    cancel = wait();
    if (isRunning) return;
    isRunning = true;
    void action().finally(() => {
      isRunning = false;
    });
  }
  return () => cancel();
}

function calendarCron(log: Log): StartCron {
  const logger: Logger = {
    info: (message) => log.debug({ cron: true }, message),
    warn: (message) => log.warn({ cron: true }, message),
    error: (message) => log.error({ cron: true, err: message }, "a schedule failed"),
    debug: (message) => log.trace({ cron: true }, messageOf(message)),
  };
  return (name, expression, action) => {
    try {
      const task = nodeCron().schedule(expression, action, { name, noOverlap: true, unref: true, logger });
      return () => void task.destroy();
    } catch (cause) {
      throw new TidewireError(
        "config_invalid",
        `The schedule of "${name}" is "${expression}", which is no cron expression (5 or 6 fields): ${messageOf(cause)}`,
        { cause },
      );
    }
  };
}
