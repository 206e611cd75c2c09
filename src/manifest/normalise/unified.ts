import type { JsonObject } from "../../kernel/json.ts";
import {
  DIRECTORY_MODELS,
  type DirectoryField,
  type DirectoryModel,
  type DirectoryVerb,
  shapeOf,
  verbsOf,
} from "../../model/directory.ts";
import type { DirectoryChoice, DirectoryMapping, FieldType, MappedField } from "../connector.ts";
import type { ConnectorSource } from "../schema/service.ts";
import type { UnifiedChoiceSource, UnifiedFieldSource, UnifiedModelSource } from "../schema/unified.ts";
import { normaliseField } from "./parts.ts";

const TYPES: Record<DirectoryField["type"], FieldType> = {
  text: "String",
  texts: "Array",
  time: "DateTime",
  flag: "Boolean",
};

/** How a connector maps the models of the unified user directory; those that it does not map are not there. */
export function normaliseDirectory({
  unified,
}: Pick<ConnectorSource, "unified">): Partial<Record<DirectoryModel, DirectoryMapping>> {
  const models = unified?.["user-directory"] ?? {};
  return Object.fromEntries(
    DIRECTORY_MODELS.flatMap((model) => {
      const source = models[model];
      return source === undefined ? [] : [[model, mapping(model, source)]];
    }),
  );
}

function mapping(model: DirectoryModel, source: UnifiedModelSource): DirectoryMapping {
  const { fields } = shapeOf(model);
  const verbs = verbsOf(model).flatMap((verb): [DirectoryVerb, DirectoryChoice[]][] => {
    const written = source.operations?.[verb];
    return written === undefined ? [] : [[verb, [written].flat().map(choice)]];
  });
  return {
    fields: Object.entries(fields).flatMap(([name, field]) => {
      const written = source.fields?.[name];
      return written === undefined ? [] : [mappedField(name, field, written)];
    }),
    records: source.records?.map((record) => wholeRecord(fields, record)) ?? null,
    verbs: Object.fromEntries(verbs),
  };
}

function mappedField(name: string, { type }: DirectoryField, source: UnifiedFieldSource): MappedField {
  const { selector, alternatives, cases, join, values } = Array.isArray(source) ? { selector: source } : source;
  const field = normaliseField({
    name,
    type: TYPES[type],
    selector,
    alternatives,
    cases,
  });
  return { ...field, join: join ?? null, values: values ?? null };
}

function wholeRecord(fields: Readonly<Record<string, unknown>>, record: Record<string, unknown>): JsonObject {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, record[name] ?? null])) as JsonObject;
}

function choice(source: UnifiedChoiceSource): DirectoryChoice {
  const when = source.when ?? null;
  if ("unsupported" in source) return { when, unsupported: source.unsupported };
  const { operation, input, reread } = source;
  return { when, operation, input: input ?? {}, reread: reread ?? false };
}
