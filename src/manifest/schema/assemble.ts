import { z } from "zod";
import { strict } from "./object.ts";
import { selector } from "./parts.ts";

const place = z
  .array(z.union([z.string(), z.number().int().min(0), strict({ $event: selector })]))
  .describe(
    'Where in the record: keys and indexes; {"$event": […]} is one that the event itself names. [] is the record.',
  );

const step = strict({
  on: z.string().optional().describe("Name of the events that do it; any when absent."),
  do: z
    .enum(["set", "merge", "append", "push", "json"])
    .describe("Put the value, put its members, lengthen a text, add to an array, gather the text of a JSON value."),
  from: selector.describe("Where the value stands in the event's data; an event without it does nothing."),
  at: place,
});

/** How the events of a stream make up the record that the same call gives unstreamed. */
export const assemble = strict({
  steps: z.array(step).min(1),
  end: z
    .union([strict({ event: z.string() }), strict({ data: z.string() })])
    .describe("The event that ends a stream well, by its name or by its data."),
});
