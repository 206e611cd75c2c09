import { z } from "zod";
import type { EventType } from "../events/event-types.ts";
import { invalidInput, type Mistake } from "../kernel/errors.ts";
import { isDeeper, isLongerThan, isObject, type Json, type JsonObject } from "../kernel/json.ts";
import { suggestion } from "../manifest/nearest.ts";
import type { Predicate } from "../manifest/predicate.ts";
import { predicate } from "../manifest/schema/parts.ts";
import type { Selector } from "../manifest/select.ts";
import { wellFormed } from "../manifest/well-formed.ts";
import { EVENT_MEMBERS } from "../model/event.ts";
import { readWay } from "./way.ts";

/** Every event that is told is held against every filter, so their size has an end. */
const MOST_CONDITIONS = 100;
const MOST_LEVELS = 64;
const LONGEST = 16_384;

const HOW = 'write {"field": ["data", "id"], "equals": "…"}, or combine such by all, any and not';

const anything = { description: "Any JSON value." };
const conditions = { type: "array" as const, items: { type: "object" as const } };

/** A condition on the event's body, of the kind that manifests have (MANIFEST: PREDICATE); null = none. */
export const FILTER_INPUT = z
  .unknown()
  .meta({
    type: "object",
    description: 'A condition on the event, such as {"field": ["data", "model"], "equals": "claude-haiku-4-5"}.',
    properties: {
      all: { ...conditions, description: "Conditions that must all hold." },
      any: { ...conditions, description: "Conditions of which one must hold." },
      not: { type: "object", description: "A condition that must not hold." },
      field: {
        type: ["array", "string"],
        items: { type: ["string", "integer"] },
        description: "The way to a value of the event, step by step or as data.id, with an operator or more beside it.",
      },
      equals: anything,
      in: { type: "array" },
      exists: { type: "boolean" },
      gt: anything,
      gte: anything,
      lt: anything,
      lte: anything,
      contains: anything,
      before: { type: "string", description: 'A time (ISO 8601), or "now".' },
      after: { type: "string", description: 'A time (ISO 8601), or "now".' },
    },
    additionalProperties: false,
  })
  .transform((given, context) => {
    const isTooLarge = isLongerThan(given as Json, LONGEST) || isDeeper(given as Json, MOST_LEVELS);
    const filter = isTooLarge ? null : inSteps(given as Json);
    const mistakes = isTooLarge ? alone("it is too long or too deep") : filter === null ? [] : mistakesOf(filter);
    for (const { at, message } of mistakes)
      context.addIssue({ code: "custom", message, path: at.split(".").slice(1), input: given });
    return mistakes.length > 0 ? z.NEVER : (filter as JsonObject | null);
  });

/** Throws `invalid_input` for a filter on what the payloads of none of these types hold: nothing would ever pass it. */
export function checkFilter(filter: JsonObject | null, types: readonly EventType[]): void {
  if (filter === null) return;
  const known = types.map(({ payload }) => (isObject(payload.properties) ? Object.keys(payload.properties) : []));
  if (known.some((names) => names.length === 0)) return; // a payload that says nothing of its members may hold any
  const names = [...new Set(known.flat())];
  const mistakes = leavesOf(filter as Predicate, "filter").flatMap(({ at, leaf }): Mistake[] => {
    const [first, name] = leaf.field;
    if (first !== "data" || typeof name !== "string" || names.includes(name)) return [];
    return [{ at: `${at}.field`, message: `the data of these events has no "${name}". ${suggestion(name, names)}` }];
  });
  if (mistakes.length > 0) throw invalidInput(mistakes);
}

/** With each field as its steps, `data.id` too. */
function inSteps(filter: Json): Json {
  if (!isObject(filter)) return filter;
  const parts = Object.entries(filter).map(([name, part]): [string, Json] => {
    if (name === "field" && typeof part === "string") return [name, readWay(part)];
    if ((name === "all" || name === "any") && Array.isArray(part)) return [name, part.map(inSteps)];
    return [name, name === "not" ? inSteps(part) : part];
  });
  return Object.fromEntries(parts);
}

function alone(message: string): Mistake[] {
  return [{ at: "filter", message }];
}

function mistakesOf(filter: Json): Mistake[] {
  if (isObject(filter) && Object.keys(filter).length === 0) return alone(HOW);
  const { parsed, mistakes } = wellFormed(z.strictObject({ filter: predicate }), { filter }, (path) => path.join("."));
  if (parsed === null || mistakes.length > 0) return mistakes;
  const leaves = leavesOf(parsed.filter, "filter");
  if (leaves.length > MOST_CONDITIONS) return alone(`it has more than ${MOST_CONDITIONS} conditions`);
  return leaves.flatMap(({ at, leaf }): Mistake[] => {
    const [first = ""] = leaf.field;
    if (!EVENT_MEMBERS.some((member) => member === first)) return [{ at: `${at}.field`, message: notAMember(first) }];
    return Object.keys(leaf).length > 1 ? [] : [{ at, message: `it asks nothing of its field: ${HOW}` }];
  });
}

function notAMember(first: string | number): string {
  const hint = suggestion(String(first), EVENT_MEMBERS);
  return `an event has no "${first}": its payload is in data, as in ["data", "id"]. ${hint}`;
}

/** The conditions on one field that a filter is made of, each with its place in it. */
function leavesOf(filter: Predicate, at: string): { at: string; leaf: Extract<Predicate, { field: Selector }> }[] {
  if ("all" in filter) return filter.all.flatMap((part, n) => leavesOf(part, `${at}.all.${n}`));
  if ("any" in filter) return filter.any.flatMap((part, n) => leavesOf(part, `${at}.any.${n}`));
  return "not" in filter ? leavesOf(filter.not, `${at}.not`) : [{ at, leaf: filter }];
}
