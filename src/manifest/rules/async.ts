import { canonicalJson } from "../../kernel/json.ts";
import type { Operation } from "../connector.ts";
import { suggestion } from "../nearest.ts";
import { type OperationView, operationViews, type Rule, type Spot } from "./rule.ts";

/** The operations that an `async` rule names. */
const NAMED = ["read", "results", "cancel"] as const;

/** What cannot be awaited as its `async` says. */
const AWAITABLE: Rule = {
  id: "async-operation",
  severity: "error",
  check: (manifest) =>
    operationViews(manifest).flatMap((view) =>
      view.operation.async === null
        ? []
        : [...ofAnswer(view), ...NAMED.flatMap((key) => ofName(view, key)), ...ofValues(view)],
    ),
};

export const ASYNC_RULES: readonly Rule[] = [AWAITABLE];

function ofAnswer({ index, path, name, operation }: OperationView): Spot[] {
  if (operation.response.type === "json" && hasOneAnswer(operation)) return [];
  return [
    {
      resource: index,
      path: [...path, "async"],
      message: `"${name}" cannot be awaited: its answer is not one record.`,
      mend: "Take `async` out, or give the operation an answer of one JSON record.",
    },
  ];
}

function ofName({ index, path, resource, operation }: OperationView, key: (typeof NAMED)[number]): Spot[] {
  const name = operation.async?.[key] ?? null;
  if (name === null) return [];
  const at = { resource: index, path: [...path, "async", key] };
  const named = resource.operations[name];
  if (named === undefined) {
    const known = Object.keys(resource.operations);
    return [{ ...at, message: `There is no operation "${name}".`, mend: suggestion(name, known) }];
  }
  const mend = "Name an operation on one record.";
  if (named.inputs.filter((input) => input.required).length !== 1) {
    return [{ ...at, message: `"${name}" must have one required input, which takes the record's key.`, mend }];
  }
  if (key === "results" || hasOneAnswer(named)) return [];
  return [{ ...at, message: `"${name}" does not answer with one record.`, mend }];
}

/** True for an answer that is neither a list nor a stream. */
function hasOneAnswer({ response: { type, records } }: Operation): boolean {
  return records === null && ["json", "text", "none"].includes(type);
}

/** A value that means two things. */
function ofValues({ index, path, operation }: OperationView): Spot[] {
  const done = operation.async?.done.map(canonicalJson) ?? [];
  return (operation.async?.failed ?? []).flatMap((value, n): Spot[] => {
    if (!done.includes(canonicalJson(value))) return [];
    return [
      {
        resource: index,
        path: [...path, "async", "failed", n],
        message: `${canonicalJson(value)} stands under \`done\` and under \`failed\`.`,
        mend: "Leave it in one of them.",
      },
    ];
  });
}
