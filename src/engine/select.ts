import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import type { Resource } from "../manifest/connector.ts";
import { compileFields } from "../manifest/fields.ts";
import { compileSelector, type Selector } from "../manifest/select.ts";
import type { OperationCall } from "./call.ts";
import { oncePer } from "./once-per.ts";

const fieldsOf = oncePer<Resource, (record: Json) => JsonObject>();
const selectorOf = oncePer<Selector, (record: Json) => Json | undefined>();

/** The resource's fields of one of its records. */
export function selectRecord(resource: Resource, record: Json): JsonObject {
  return fieldsOf(resource, () => compileFields(resource.fields))(record);
}

/** What a selector finds in a record; compiled once. */
export function selectValue(selector: Selector, record: Json): Json | undefined {
  return selectorOf(selector, () => compileSelector(selector))(record);
}

/** An answer, or one of its records, as the caller asked for it: the manifest's fields, or as it came. */
export function present({ resource, operation, fields }: OperationCall, record: Json): Json {
  if (fields === "raw" || operation.output !== null || !isObject(record)) return record;
  const selected = selectRecord(resource, record);
  // What has none of the resource's fields is something else (a count, a line of results): nothing of it may get lost.
  return hasValue(selected) ? selected : record;
}

function hasValue(record: JsonObject): boolean {
  for (const name in record) if (record[name] !== null) return true;
  return false;
}
