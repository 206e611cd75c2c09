import { z } from "zod";
import { strict } from "./object.ts";
import { duration, json, selector } from "./parts.ts";

/** An operation whose answer only begins something: how its end is awaited. */
export const asyncRule = strict({
  read: z
    .string()
    .describe(
      "The operation of this resource that reads the record again; its one required input is the record's key.",
    ),
  field: selector.describe("What tells how far it is, in the record."),
  done: z.array(json).min(1).describe("The values of the field that mean: it is over."),
  failed: z.array(json).optional().describe("The values of the field that mean: it failed."),
  results: z.string().optional().describe("The operation that gives the results of what is over, by the record's key."),
  cancel: z.string().optional().describe("The operation that asks the provider to end it, by the record's key."),
  progress: selector.optional().describe("What in the record shows callers how far it is."),
  every: duration.optional().describe("The wait between two reads; `10s` unless said."),
  upTo: duration
    .optional()
    .describe("The wait grows to a tenth of the time that went by, up to this; `every` unless said."),
  within: duration.optional().describe("How long it is awaited at most; `7d` unless said."),
});

export type AsyncSource = z.infer<typeof asyncRule>;
