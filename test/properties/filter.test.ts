import fc from "fast-check";
import { expect, test } from "vitest";
import { isFor } from "../../src/events/fan-out.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { compilePredicate, type Predicate } from "../../src/manifest/predicate.ts";
import { eventBody } from "../../src/model/event.ts";
import { FILTER_INPUT } from "../../src/subscriptions/filter.ts";
import { newEvent, subscription } from "../support/subscription.ts";

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const key = fc.constantFrom("a", "b", "id", "__proto__");
const step = fc.oneof(key, fc.integer({ min: -2, max: 2 }), fc.constantFrom("*", "[a=1]", "[id!=x]"));
const field = fc
  .tuple(fc.constantFrom("data", "previous", "type", "connection"), fc.array(step, { maxLength: 3 }))
  .map(([first, more]) => [first, ...more]);
const operators = fc.record(
  {
    equals: json,
    in: fc.array(json, { maxLength: 3 }),
    exists: fc.boolean(),
    gt: json,
    lte: json,
    contains: json,
    before: fc.constantFrom("now", "2026-01-31T12:00:00Z"),
    after: fc.constantFrom("now", "2026-01-31"),
  },
  { requiredKeys: [] },
);
const leaf = fc.tuple(field, operators).map(([at, more]) => ({ field: at, ...more }));
const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ all: fc.array(tie("predicate"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("predicate"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("predicate") }),
  ),
}));
const payload = fc.oneof(json, fc.dictionary(key, json), fc.array(fc.dictionary(key, json), { maxLength: 3 }));

test("a filter that is taken never throws, and is the predicate itself on the event's body", () => {
  fc.assert(
    fc.property(predicate, payload, fc.option(payload, { nil: undefined }), (given, data, previous) => {
      const filter = FILTER_INPUT.parse(JSON.parse(JSON.stringify(given)));
      const event = newEvent({ timestamp: 5, data, previous });
      const alone = compilePredicate(given)(eventBody(event) as unknown as Json, 5);
      expect(isFor(subscription({ filter }), event)).toBe(alone);
    }),
    { numRuns: 500 },
  );
});

test("whatever is given as a filter is taken or refused with a place, and what is taken can be asked", () => {
  const given = fc.oneof(json, fc.dictionary(fc.constantFrom("all", "any", "not", "field", "equals", "before"), json));
  fc.assert(
    fc.property(given, payload, (value, data) => {
      const parsed = FILTER_INPUT.safeParse(value);
      if (parsed.success) isFor(subscription({ filter: parsed.data as JsonObject | null }), newEvent({ data }));
      else expect(parsed.error.issues.every(({ message }) => message.length > 0)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
