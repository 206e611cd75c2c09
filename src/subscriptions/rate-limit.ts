import { z } from "zod";
import type { JsonObject } from "../kernel/json.ts";
import type { RateLimit } from "../model/subscription.ts";

const MOST_PER_SECOND = 1_000;
const MOST_PER_MINUTE = 60_000;
const WRITTEN = /^(\d+) ?\/ ?(s|sec|second|m|min|minute)$/;
const HOW =
  'write {"per_second": 5}, {"per_second": 5, "per_minute": 100}, or text such as 5/s, 100/min or 5/s, 100/min';

const limits = z
  .strictObject({
    per_second: z.coerce.number().int().min(1).max(MOST_PER_SECOND).optional(),
    per_minute: z.coerce.number().int().min(1).max(MOST_PER_MINUTE).optional(),
  })
  .refine(({ per_second, per_minute }) => per_second !== undefined || per_minute !== undefined, { error: HOW });

/** A rate limit as the model has it, from an object or from text; null = none. */
export const RATE_LIMIT_INPUT = z
  .union([limits, z.string().transform(readText).pipe(limits)], { error: HOW })
  .transform(
    ({ per_second, per_minute }): RateLimit => ({ perSecond: per_second ?? null, perMinute: per_minute ?? null }),
  )
  .nullable()
  .describe('Tries that may begin: {"per_second": 5, "per_minute": 100}, or text such as 5/s; null = no limit.');

function readText(text: string, context: z.RefinementCtx): z.input<typeof limits> {
  const given: z.input<typeof limits> = {};
  for (const part of text.split(",")) {
    const [, count, unit] = WRITTEN.exec(part.trim()) ?? [];
    const name = unit?.startsWith("s") ? "per_second" : "per_minute";
    if (count === undefined || name in given) {
      context.addIssue({ code: "custom", message: HOW });
      return z.NEVER;
    }
    given[name] = Number(count);
  }
  return given;
}

/** The public form of a rate limit: what is limited, and nothing else. */
export function rateLimitView(limit: RateLimit | null): JsonObject | null {
  if (limit === null) return null;
  const { perSecond, perMinute } = limit;
  return {
    ...(perSecond === null ? {} : { per_second: perSecond }),
    ...(perMinute === null ? {} : { per_minute: perMinute }),
  };
}
