import { z } from "zod";
import { FORMAT, instant } from "../events/inputs.ts";
import { parseDuration } from "../kernel/duration.ts";
import { invalidInput, messageOf } from "../kernel/errors.ts";
import { LONGEST_TIMEOUT_MS } from "../model/subscription.ts";
import { FILTER_INPUT } from "./filter.ts";
import { ORDER_INPUT } from "./order.ts";
import { RATE_LIMIT_INPUT } from "./rate-limit.ts";
import { RETRY_SCHEDULE_INPUT } from "./retry-schedule.ts";

/** The names under which platforms give the URL to call (EMBEDDING: no-code platforms). */
const URL_NAMES = [
  "url",
  "target_url",
  "targetUrl",
  "callbackUrl",
  "callback_url",
  "webhookUrl",
  "notificationUrl",
  "hookUrl",
] as const;

type UrlInput = { [K in (typeof URL_NAMES)[number]]?: string | undefined };

const url = z.string().optional();
export const URL_INPUT = {
  url: url.describe("Where to send the webhooks; https and public."),
  target_url: url.describe("Another name of url."),
  targetUrl: url.describe("Another name of url."),
  callbackUrl: url.describe("Another name of url."),
  callback_url: url.describe("Another name of url."),
  webhookUrl: url.describe("Another name of url."),
  notificationUrl: url.describe("Another name of url."),
  hookUrl: url.describe("Another name of url."),
};

/** The one URL that was given, under whatever name; undefined for none. Throws `invalid_input` for two that differ. */
export function givenUrl(input: UrlInput): string | undefined {
  const given = new Set(URL_NAMES.flatMap((name) => input[name] ?? []));
  if (given.size > 1) throw invalidInput([{ at: "url", message: "give one URL, under one name" }]);
  return [...given][0];
}

/**
 * A length of time as ms: a number of seconds, or text such as `15s` or `24h`, between two bounds (ms).
 */
export function duration(minMs: number, maxMs: number, range: string) {
  return z.union([z.number(), z.string()]).transform((given, context) => {
    try {
      const ms = /^\d+(\.\d+)?$/.test(String(given)) ? Number(given) * 1_000 : parseDuration(String(given));
      if (ms >= minMs && ms <= maxMs) return Math.round(ms);
      context.addIssue({ code: "custom", message: `must be ${range}` });
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
    return z.NEVER;
  });
}

const LONGEST_TEMPLATE = 16_384;

/** What a subscription can be told about how to call, when it is made and later. */
export const SETTINGS_INPUT = {
  events: z
    .array(z.string().max(200))
    .min(1, "name at least one type, such as files.created, files.* or *")
    .max(100)
    .describe("Types and patterns: files.created, files.*, *."),
  connection: z.string().nullable().describe("A connection's name or id; null = all that the key may use."),
  filter: FILTER_INPUT.nullable(),
  headers: z.record(z.string(), z.string()).nullable().describe("Extra headers of each request; kept sealed."),
  format: FORMAT,
  template: z
    .string()
    .max(LONGEST_TEMPLATE)
    .nullable()
    .describe('A JSON template of the body, in place of a format: {"text": "{{data.filename}} was uploaded"}.'),
  verify: z
    .enum(["none", "ping"])
    .describe("ping = the URL must answer a signed tidewire.ping with 2xx before anything is stored."),
  timeout: duration(1_000, LONGEST_TIMEOUT_MS, "1 to 30 s").describe(
    "How long one try may take: seconds, or text such as 15s.",
  ),
  max_in_flight: z.coerce.number().int().min(1).max(1_000).describe("Deliveries tried at once."),
  retry_schedule: RETRY_SCHEDULE_INPUT,
  rate_limit: RATE_LIMIT_INPUT,
  ...ORDER_INPUT,
  expires_at: instant
    .nullable()
    .describe("When it ends (ISO 8601): from then on nothing is told or sent; null = never."),
  description: z.string().max(500).nullable().describe("For people."),
  tags: z
    .array(z.string().min(1).max(100))
    .max(20)
    .describe("Labels of your own, such as a customer or a flow: ?tag= lists by them, and a template may use them."),
};

export const SECRET_INPUT = z
  .string()
  .describe("The secret that signs: whsec_ and 24 to 64 bytes in base64; one is made when none is given.");
