import { oncePer } from "../engine/once-per.ts";
import { isoTime } from "../kernel/clock.ts";
import type { Json, JsonObject, JsonSchema } from "../kernel/json.ts";
import type { DirectoryMapping, MappedField } from "../manifest/connector.ts";
import { compilePayload } from "../manifest/payload.ts";
import { timeOf } from "../manifest/predicate.ts";
import { compileSelector } from "../manifest/select.ts";
import { type DirectoryField, type DirectoryModel, shapeOf } from "../model/directory.ts";

type ReadRecord = (raw: Json, now: number) => JsonObject;

const readerOf = oncePer<DirectoryMapping, ReadRecord>();

/**
 * An API's own record in the unified shape: every field of the model, null where the API says nothing. `known` are the ids by
 * which it was asked for, for a record that does not repeat them. `now`: ms since the epoch, for conditions on time.
 */
export function directoryRecord(
  model: DirectoryModel,
  mapping: DirectoryMapping,
  raw: Json,
  known: JsonObject,
  now: number,
): JsonObject {
  const record = readerOf(mapping, () => compileRecord(model, mapping))(raw, now);
  for (const [name, value] of Object.entries(known)) if (record[name] === null) record[name] = value;
  return record;
}

/** JSON Schema (2020-12) of what `directoryRecord` gives, with the provider's own record where that is asked for. */
export function recordSchema(model: DirectoryModel): JsonSchema {
  const { fields } = shapeOf(model);
  const properties = Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)] as const);
  return {
    type: "object",
    properties: {
      ...Object.fromEntries(properties),
      remote_data: { description: "The provider's own record; only with remote_data=true." },
    },
    required: Object.keys(fields),
  };
}

function compileRecord(model: DirectoryModel, { fields }: DirectoryMapping): ReadRecord {
  const readers = Object.entries(shapeOf(model).fields).map(([name, field]) => {
    const mapped = fields.find((one) => one.name === name);
    return [name, mapped === undefined ? () => null : compileMapped(mapped, field)] as const;
  });
  return (raw, now) => Object.fromEntries(readers.map(([name, read]) => [name, read(raw, now)]));
}

function compileMapped(mapped: MappedField, field: DirectoryField): (raw: Json, now: number) => Json {
  const read = mapped.join === null ? compileOne(mapped) : compileJoin(mapped);
  const { values } = mapped;
  return (raw, now) => conform(field, inOurWords(values, read(raw, now)));
}

function compileOne(mapped: MappedField): (raw: Json, now: number) => Json {
  const payload = compilePayload([mapped]);
  return (raw, now) => payload(raw, now)[mapped.name] ?? null;
}

function compileJoin({ join }: MappedField): (raw: Json) => Json {
  const selects = (join ?? []).map(compileSelector);
  return (raw) => {
    const texts = selects.map((select) => textOf(select(raw) ?? null) ?? "").filter((text) => text !== "");
    return texts.length === 0 ? null : texts.join(" ");
  };
}

/** A value of the API that `values` does not name stays as it is. */
function inOurWords(values: MappedField["values"], value: Json): Json {
  if (values === null) return value;
  if (Array.isArray(value)) return value.map((member) => inOurWords(values, member));
  const word = textOf(value);
  return word !== null && Object.hasOwn(values, word) ? (values[word] ?? null) : value;
}

/** A value as its field has it; null for what cannot be one. */
function conform({ type, values }: DirectoryField, value: Json): Json {
  switch (type) {
    case "flag":
      return typeof value === "boolean" ? value : null;
    case "time":
      return asTime(value);
    case "texts":
      return value === null ? null : [value].flat().flatMap((member) => textOf(member) ?? []);
    case "text": {
      const text = textOf(value);
      return text !== null && (values?.includes(text) ?? true) ? text : null;
    }
  }
}

function textOf(value: Json): string | null {
  return value === null || typeof value === "object" ? null : String(value);
}

/** The last millisecond that a date can name (ECMA-262, time values). */
const FARTHEST_MS = 8.64e15;

/** A text that is a time stays as the API wrote it; a number is seconds or ms since the epoch. */
function asTime(value: Json): string | null {
  const time = timeOf(value);
  if (time === null || Math.abs(time) > FARTHEST_MS) return null;
  return typeof value === "string" ? value : isoTime(time);
}

function fieldSchema({ type, values, description }: DirectoryField): JsonSchema {
  switch (type) {
    case "flag":
      return { type: ["boolean", "null"], description };
    case "time":
      return { type: ["string", "null"], format: "date-time", description };
    case "texts":
      return { type: ["array", "null"], items: { type: "string" }, description };
    case "text":
      return { type: ["string", "null"], ...(values === undefined ? {} : { enum: [...values, null] }), description };
  }
}
