import { z } from "zod";
import type { JsonSchema } from "../kernel/json.ts";
import { resourceFile } from "./schema/resource.ts";
import { connector } from "./schema/service.ts";

/** JSON Schema (draft-07, which editors know best) of `connector.json`. */
export function connectorJsonSchema(): JsonSchema {
  return schemaOf(connector, "connector", "A connector: an HTTP API, described as data");
}

/** JSON Schema (draft-07) of a file in `resources/`: one resource, or an array of them. */
export function resourceJsonSchema(): JsonSchema {
  return schemaOf(resourceFile, "resource", "A resource of a connector");
}

function schemaOf(source: z.ZodType, name: string, title: string): JsonSchema {
  const schema = z.toJSONSchema(source, {
    target: "draft-7",
    reused: "ref",
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) jsonSchema.patternProperties = { "^x-": {} };
    },
  });
  // JSON is what a schema is; its declared type only has members that it may leave out.
  return JSON.parse(JSON.stringify({ $id: `urn:tidewire:manifest:1:${name}`, title, ...schema })) as JsonSchema;
}
