import type { Json, JsonObject } from "../kernel/json.ts";
import type { Field } from "./connector.ts";
import { compileField } from "./fields.ts";
import { compilePredicate } from "./predicate.ts";

/** Makes the `data` of an event of a record as the provider gives it. `now`: ms since the epoch, for conditions on time. */
export type Payload = (record: Json, now: number) => JsonObject;

/** Compiles an event's payload: selected fields, and those that are chosen by `cases`. */
export function compilePayload(fields: readonly Field[]): Payload {
  const members = fields.map((field) => ({ name: field.name, read: compileMember(field) }));
  return (record, now) => Object.fromEntries(members.map(({ name, read }) => [name, read(record, now)]));
}

function compileMember(field: Field): (record: Json, now: number) => Json {
  if (field.cases === null) return compileField(field);
  const cases = field.cases.map(({ when, value }) => ({ holds: when === null ? null : compilePredicate(when), value }));
  return (record, now) => cases.find(({ holds }) => holds === null || holds(record, now))?.value ?? null;
}
