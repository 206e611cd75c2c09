import type { Json, JsonObject, JsonSchema } from "../kernel/json.ts";
import type { EventRule, Field, Operation, Resource } from "./connector.ts";
import { compileFields } from "./fields.ts";
import { typeSchema } from "./param.ts";

/** JSON Schema (2020-12) of what an operation gives: its value; one record of a list, one row of rows. */
export function outputSchema(operation: Operation, resource: Resource): JsonSchema {
  if (operation.output !== null) return operation.output;
  switch (operation.response.type) {
    case "binary":
      return { type: "string", contentEncoding: "binary" };
    case "text":
      return { type: "string" };
    case "none":
      return { type: "null" };
    default:
      return fieldsSchema(resource.fields);
  }
}

/** JSON Schema (2020-12) of an event's `data`. */
export function payloadSchema(event: EventRule): JsonSchema {
  return fieldsSchema(event.payload);
}

/** An example of what `outputSchema` describes; null when the manifest has none. */
export function sampleOutput(operation: Operation, resource: Resource): Json {
  if (operation.output !== null || operation.response.type !== "json") return operation.sample;
  const record = operation.response.records === null ? (operation.sample ?? resource.sample) : resource.sample;
  return record === null ? null : compileFields(resource.fields)(record);
}

function fieldsSchema(fields: readonly Field[]): JsonSchema {
  const properties: JsonObject = Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)]));
  return { type: "object", properties, required: fields.map((field) => field.name) };
}

function fieldTypeSchema({ type, items, fields }: Field): JsonSchema {
  if (fields === null) return typeSchema(type, items);
  return type === "Array" ? { type: "array", items: fieldsSchema(fields) } : fieldsSchema(fields);
}

/** A field that the provider left out is null, whatever its type; only the id is always there. */
function fieldSchema(field: Field): JsonSchema {
  const schema: JsonObject = {
    ...fieldTypeSchema(field),
    ...(field.description === "" ? {} : { description: field.description }),
  };
  if (field.primary) return schema;
  if (field.enum !== undefined) schema.enum = [...field.enum, null];
  if (typeof schema.type === "string") schema.type = [schema.type, "null"];
  return schema;
}
