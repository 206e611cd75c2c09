import { z } from "zod";
import { verification } from "./inbound.ts";
import { strict, strictBranch, strictUnion } from "./object.ts";
import { alias, operation } from "./operation.ts";
import {
  duration,
  field,
  handle,
  headers,
  json,
  meta,
  pathTemplate,
  payloadField,
  predicate,
  selector,
} from "./parts.ts";

const pace = {
  everyWhileOpen: duration.optional().describe("The same while an item is open, by `track`."),
  everyUnwatched: duration
    .optional()
    .describe("The same while nobody subscribes to its events; five times `every`, an hour at most, unless said."),
};

const poller = strict({
  operation: z.string().describe("A list operation of this resource."),
  input: z.record(z.string(), json).optional(),
  forEach: strict({
    operation: z
      .string()
      .describe("A list, `resource.operation`: this poller's list is asked for each of its records."),
    input: z
      .record(z.string(), selector)
      .refine((input) => Object.keys(input).length > 0, "say which input of the list takes what of the record")
      .describe("Inputs of the list, each with where its value stands in the record."),
  }).optional(),
  schedule: z
    .union([
      strict({ every: duration, ...pace }),
      strict({ cron: z.string(), timezone: z.string().optional(), ...pace }),
    ])
    .optional(),
  mode: z.enum(["snapshot", "head"]).optional(),
  key: selector
    .optional()
    .describe("The selector of the id of this poller's records; the resource's `key` when absent."),
  fingerprint: strict({ include: z.array(z.string()).min(1) })
    .optional()
    .describe("The fields whose change is a change; all that are not volatile when absent."),
  track: strict({ open: predicate, operation: z.string().optional() }).optional(),
  fullSweepEvery: duration.optional(),
  first: z.literal("baseline").optional(),
  absent: strict({
    polls: z.number().int().min(1).optional().describe("Complete sweeps in a row that must miss an item."),
    confirm: z.string().optional().describe("The operation that then must answer not found."),
    maxFraction: z.number().min(0).max(1).optional().describe("A larger share gone at once is held back."),
    notFound: z.array(z.number().int().min(400).max(599)).min(1).optional(),
  }).optional(),
  maxPages: z.number().int().min(1).optional(),
});

const pollSource = strictBranch({
  type: z.literal("poll"),
  poller: z.string(),
  on: z.union([
    strict({ change: z.enum(["added", "changed", "removed"]) }),
    strict({ becomes: predicate, once: z.boolean().optional(), unseen: z.enum(["emit", "ignore"]).optional() }),
  ]),
});

const source = strictUnion("type", [
  pollSource,
  strictBranch({ type: z.literal("action"), operation: z.string() }),
  strictBranch({
    type: z.literal("inbound"),
    event: z
      .string()
      .optional()
      .describe("What the provider calls it, the event's own name unless said; `*` is all that no other event takes."),
    verify: verification.optional().describe("Where `service.inbound` does not say it."),
  }),
]);

const webhook = strict({
  event: z.string().regex(/^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+$/, "an event is named `resource.what_happened`"),
  path: z
    .string()
    .regex(
      /^\/webhooks(\/(?!\.{1,2}(\/|$))[\w.~-]+){2}$/,
      "the address of an event is `/webhooks/` and two names of letters, digits, `.`, `_`, `~` and `-`, such as `/webhooks/harbour/bookings.created`",
    )
    .optional(),
  description: z.string().optional(),
  meta: meta.optional(),
  payload: z.array(payloadField).optional().describe("The fields of the event; the resource's own when absent."),
  source: source.optional(),
  sample: json.optional().describe("A record, as the API gives it, that the sample event is made of."),
});

/** A kind of thing that the API has; a file in `resources/` holds one, or an array of them. */
export const resource = strict({
  $schema: z.string().optional(),
  handle,
  meta: meta.optional(),
  endpoint: pathTemplate,
  headers: headers.optional(),
  auth: z.string().optional(),
  key: selector.optional().describe('The selector of the id; ["id"] when absent.'),
  parent: z.string().optional().describe("The handle of the resource that this one stands below."),
  fields: z.array(field).optional(),
  operations: z
    .record(z.string().regex(/^[a-z][a-z0-9_]*$/, "an operation is named in lower case with `_`"), operation)
    .optional(),
  pollers: z.record(z.string(), poller).optional(),
  webhooks: z.array(webhook).optional(),
  sample: json.optional().describe("A real, redacted record, as the API gives it."),
  aliases: z.array(alias).optional(),
});

/** A file in `resources/`. */
export const resourceFile = z.union([resource, z.array(resource)]);

export type ResourceSource = z.infer<typeof resource>;
export type PollerSource = z.infer<typeof poller>;
export type WebhookSource = z.infer<typeof webhook>;
export type EventSourceSource = z.infer<typeof source>;
