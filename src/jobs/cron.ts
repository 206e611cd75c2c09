import { type Logger, schedule } from "node-cron";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";

/**
 * Begins a schedule; the returned function ends it. A tick that comes while `action` still runs is skipped.
 * Throws `config_invalid` when the expression is none.
 */
export type StartCron = (name: string, expression: string, action: () => Promise<void>) => () => void;

/** Schedules by the system's clock (node-cron). It does not catch up: an action looks itself for what is overdue. */
export function nodeCron(log: Log): StartCron {
  const logger: Logger = {
    info: (message) => log.debug({ cron: true }, message),
    warn: (message) => log.warn({ cron: true }, message),
    error: (message) => log.error({ cron: true, err: message }, "a schedule failed"),
    debug: (message) => log.trace({ cron: true }, messageOf(message)),
  };
  return (name, expression, action) => {
    try {
      const task = schedule(expression, action, { name, noOverlap: true, unref: true, logger });
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
