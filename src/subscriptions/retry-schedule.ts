import { z } from "zod";
import { formatDuration, parseDuration } from "../kernel/duration.ts";
import { messageOf } from "../kernel/errors.ts";

const MOST_TRIES = 30;
const LONGEST_DELAY_MS = 7 * 24 * 3_600_000;

/** The delays before each try in ms, from `["0s", "5s", "5m"]` or text such as `0s,5s,5m`; a number is seconds. */
export const RETRY_SCHEDULE_INPUT = z
  .union([z.string().transform((text) => text.split(",")), z.array(z.union([z.string(), z.number()]))])
  .transform(readDelays)
  .nullable()
  .describe("The delay before each try, the first one's too: 0s,5s,5m; null = the deployment's.");

function readDelays(given: (string | number)[], context: z.RefinementCtx): readonly number[] {
  try {
    const delays = given.map((delay) => (typeof delay === "number" ? delay * 1_000 : parseDuration(delay)));
    const isWithin = delays.every((ms) => ms >= 0 && ms <= LONGEST_DELAY_MS);
    if (delays.length > 0 && delays.length <= MOST_TRIES && isWithin) return delays.map(Math.round);
    context.addIssue({ code: "custom", message: `give 1 to ${MOST_TRIES} delays of 0s to 7d` });
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
  }
  return z.NEVER;
}

/** The public form of a schedule. */
export function retryScheduleView(delays: readonly number[] | null): string[] | null {
  return delays && delays.map(formatDuration);
}
