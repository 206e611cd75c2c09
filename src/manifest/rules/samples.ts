import type { Json } from "../../kernel/json.ts";
import type { Field } from "../connector.ts";
import { normaliseField } from "../normalise/parts.ts";
import { compileSelector } from "../select.ts";
import type { Path } from "../source.ts";
import { operationViews, type Rule, resourcesOf, type Spot } from "./rule.ts";

const NO_SAMPLE: Rule = {
  id: "operation-without-sample",
  severity: "warning",
  check: (manifest) =>
    operationViews(manifest).flatMap(({ index, path, name, operation, resource }): Spot[] => {
      const answersRecord = operation.output === null && resource.sample !== null;
      const answersJson = operation.response.type === "json" || operation.response.type === "jsonl";
      if (operation.sample !== null || answersRecord || !answersJson || operation.unsupported !== null) return [];
      return [
        {
          resource: index,
          path,
          message: `"${name}" has no sample, so that its answer can neither be shown nor checked.`,
          mend: "Add a `sample` (a real answer, redacted) to it, or to the resource.",
        },
      ];
    }),
};

const FINDS_NOTHING: Rule = {
  id: "selector-finds-nothing",
  severity: "warning",
  check: (manifest) =>
    resourcesOf(manifest).flatMap(({ index, source }) => {
      const fields = unfound(index, ["fields"], (source.fields ?? []).map(normaliseField), source.sample);
      const payloads = (source.webhooks ?? []).flatMap((webhook, n) =>
        unfound(
          index,
          ["webhooks", n, "payload"],
          (webhook.payload ?? []).map(normaliseField),
          webhook.sample ?? source.sample,
        ),
      );
      return [...fields, ...payloads];
    }),
};

const NO_RECORDS: Rule = {
  id: "records-not-found",
  severity: "warning",
  check: (manifest) =>
    operationViews(manifest).flatMap(({ index, path, operation }): Spot[] => {
      const { records, rootArray } = operation.response;
      if (records === null || operation.sample === null) return [];
      const found = compileSelector(records)(operation.sample);
      if (Array.isArray(found) || (rootArray && Array.isArray(operation.sample))) return [];
      return [
        {
          resource: index,
          path: [...path, "sample"],
          message: `The records are not where the list says (${JSON.stringify(records)}): its own sample has no array there.`,
          mend: "Say where they stand with `response.records`.",
        },
      ];
    }),
};

export const SAMPLE_RULES: readonly Rule[] = [NO_SAMPLE, FINDS_NOTHING, NO_RECORDS];

/** A null that is there is found; a field that may be missing (`nullable`) need not be. */
function unfound(resource: number, path: Path, fields: Field[], sample: Json | undefined): Spot[] {
  if (sample === undefined) return [];
  return fields.flatMap((field, n): Spot[] => {
    const selectors = [field.selector, ...field.alternatives];
    if (
      field.cases !== null ||
      field.nullable ||
      selectors.some((selector) => compileSelector(selector)(sample) !== undefined)
    )
      return [];
    return [
      {
        resource,
        path: [...path, n],
        message: `The selector of "${field.name}" (${JSON.stringify(field.selector)}) finds nothing in the sample.`,
        mend: "Correct the selector, add an alternative, or mark the field `nullable` if it may be missing.",
      },
    ];
  });
}
