import { z } from "zod";
import { DELIVERY_FORMATS } from "../model/subscription.ts";

/** A moment in ISO 8601, as ms since the epoch; one without a zone is in UTC, wherever the server stands. */
export const instant = z
  .string()
  .transform((text) => (/T[\d:.]+$/i.test(text) ? `${text}Z` : text))
  .refine((text) => /^\d{4}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: "write a time in ISO 8601, such as 2026-11-20T08:00:00Z",
  })
  .transform((text) => Date.parse(text));

/** What a webhook carries. */
export const FORMAT = z
  .enum(DELIVERY_FORMATS)
  .describe(
    "standard = the whole event; thin = of its payload only the ids; raw = only its payload, for tools that want flat fields; cloudevents = a CloudEvent.",
  );

/** What a webhook carries: the whole event, unless said. */
export const FORMAT_INPUT = FORMAT.default("standard");

/** Patterns of event types, several separated by commas or given one by one; none = all. */
export const TYPES_INPUT = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((given) =>
    [given]
      .flat()
      .flatMap((text) => text.split(","))
      .map((text) => text.trim())
      .filter(Boolean),
  )
  .describe("Types and patterns, separated by commas: files.created,skills.*");

/** From where the log is read forward. */
export const AFTER_INPUT = z
  .string()
  .optional()
  .describe("Read forward, oldest first, what came after this: a cursor, an event's id, or `start` for all there is.");
