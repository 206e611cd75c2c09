import { z } from "zod";

/** A moment in ISO 8601, as ms since the epoch. */
export const instant = z
  .string()
  .refine((text) => /^\d{4}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: "write a time in ISO 8601, such as 2026-11-20T08:00:00Z",
  })
  .transform((text) => Date.parse(text));

/** What a webhook carries: the whole event, or only its payload. */
export const FORMAT_INPUT = z
  .enum(["standard", "raw"])
  .default("standard")
  .describe("standard = the whole event; raw = only its payload, for tools that want flat fields.");
