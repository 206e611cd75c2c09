import type { Mistake } from "../../kernel/errors.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Param } from "../connector.ts";
import { inputOf } from "../normalise/operation.ts";
import { normaliseParam } from "../normalise/parts.ts";
import { compileParam } from "../param.ts";
import type { HeadersSource, ParamSource } from "../schema/parts.ts";
import type { Path } from "../source.ts";
import { type Manifest, operationViews, type Rule, type Spot } from "./rule.ts";

interface PlacedParam {
  resource: number | null;
  path: Path;
  param: Param;
}

/** A pattern that is no regular expression, or a default that its own parameter refuses. */
const UNUSABLE_PARAM: Rule = {
  id: "unusable-param",
  severity: "error",
  check: (manifest) => placedParams(manifest).flatMap(unusable),
};

/** One name, declared twice and differently: only one of them could count. */
const CONFLICTING_INPUTS: Rule = {
  id: "conflicting-inputs",
  severity: "error",
  check: (manifest) =>
    operationViews(manifest).flatMap(({ index, path, source, operationSource, operation }) =>
      paramLists(operationSource, path).flatMap(({ param, path: at }): Spot[] => {
        const first = operation.inputs.find((input) => input.name === param.name);
        const again = inputOf(param, operationSource, source);
        if (first === undefined || (first.type === again.type && first.required === again.required)) return [];
        return [
          {
            resource: index,
            path: at,
            message: `The input "${param.name}" is declared before with another type or necessity.`,
            mend: "Declare it once, or alike.",
          },
        ];
      }),
    ),
};

export const PARAM_RULES: readonly Rule[] = [UNUSABLE_PARAM, CONFLICTING_INPUTS];

function unusable({ resource, path, param }: PlacedParam): Spot[] {
  try {
    const mistakes: Mistake[] = [];
    if (param.default !== undefined) compileParam({ ...param, required: false })(param.default, mistakes);
    else compileParam(param);
    return mistakes.map(({ message }) => ({
      resource,
      path: [...path, "default"],
      message: `The default of "${param.name}" is refused by the parameter itself: ${message}.`,
      mend: "Change the default, or what the parameter takes.",
    }));
  } catch (thrown) {
    return [
      {
        resource,
        path: [...path, "pattern"],
        message: `"${param.name}": ${messageOf(thrown)}.`,
        mend: "Write a regular expression of JavaScript (flag u).",
      },
    ];
  }
}

/** Every parameter that a manifest declares, with its place. */
function placedParams(manifest: Manifest): PlacedParam[] {
  const { service } = manifest.source.connector;
  const ofService = [
    ...placed(service.params, ["service", "params"]),
    ...placed(service.baseURL.placeholders, ["service", "baseURL", "placeholders"]),
    ...ofHeaders(service.headers, ["service", "headers"]),
  ];
  const ofOperations = operationViews(manifest).flatMap(({ index, path, operationSource }) =>
    paramLists(operationSource, path).map(({ param, path: at }) => ({
      resource: index,
      path: at,
      param: normaliseParam(param),
    })),
  );
  return [
    ...ofService.map(({ param, path }) => ({ resource: null, path, param: normaliseParam(param) })),
    ...ofOperations,
  ];
}

/** The parameters of an operation, wherever it declares them. */
function paramLists(
  source: {
    path?: { placeholders?: ParamSource[] };
    headers?: HeadersSource;
    bodyTemplate?: { placeholders?: ParamSource[] };
    input?: ParamSource[];
  },
  path: Path,
): { param: ParamSource; path: Path }[] {
  return [
    ...placed(source.path?.placeholders, [...path, "path", "placeholders"]),
    ...ofHeaders(source.headers, [...path, "headers"]),
    ...placed(source.bodyTemplate?.placeholders, [...path, "bodyTemplate", "placeholders"]),
    ...placed(source.input, [...path, "input"]),
  ];
}

function ofHeaders(headers: HeadersSource | undefined, path: Path): { param: ParamSource; path: Path }[] {
  return Object.entries(headers ?? {}).flatMap(([name, header]) =>
    placed(header.placeholders, [...path, name, "placeholders"]),
  );
}

function placed(params: ParamSource[] | undefined, path: Path): { param: ParamSource; path: Path }[] {
  return (params ?? []).map((param, n) => ({ param, path: [...path, n] }));
}
