import { parseDuration } from "../../kernel/duration.ts";
import type { Json } from "../../kernel/json.ts";
import { SURFACES } from "../../model/surface.ts";
import type { AssembleRule } from "../assembly.ts";
import type { Alias, BodyRule, Operation, OperationEffect, Param, QueryParam, ResponseRule } from "../connector.ts";
import type { AliasSource, BodySource, OperationSource } from "../schema/operation.ts";
import { WHOLE_INPUT } from "../schema/operation.ts";
import type { ParamSource } from "../schema/parts.ts";
import type { ResourceSource } from "../schema/resource.ts";
import type { ConnectorSource, ServiceSource } from "../schema/service.ts";
import { variablesIn, variablesOfPath } from "../variables.ts";
import { normaliseAsync } from "./async.ts";
import { normalisePagination, pagingInputs } from "./pagination.ts";
import { DEFAULT_TIMEOUT, errorRules, headerRules, normaliseParam, retryPolicy } from "./parts.ts";

/** 500 MiB: above what APIs of this kind take in one part. */
const DEFAULT_MAX_BYTES = 500 * 1024 * 1024;
const KNOWN_EFFECTS: readonly string[] = [
  "create",
  "update",
  "delete",
  "cancel",
  "archive",
] satisfies OperationEffect[];

/** One operation of a resource; `name` is any, `list read create update delete` say more by themselves. */
export function normaliseOperation(
  name: string,
  source: OperationSource,
  resource: ResourceSource,
  { service, paginations }: ConnectorSource,
): Operation {
  const inputs = allInputs(source, resource, service);
  const pagination = normalisePagination(source.pagination, paginations, lists(name, source));
  const effect = source.effect ?? effectOf(name, source.method);
  const isQuery = source.method === "GET" || source.method === "HEAD";
  return {
    id: `${resource.handle}.${name}`,
    name,
    description: source.description ?? source.meta?.description ?? source.meta?.short ?? describe(name, resource),
    method: source.method,
    path: source.path?.value ?? "",
    kind: source.kind ?? (isQuery ? "query" : "action"),
    effect,
    confirm: source.confirm ?? ["delete", "cancel", "archive"].includes(effect),
    idempotent: source.idempotent ?? (isQuery || source.method === "PUT" || source.method === "DELETE"),
    inputs: [...inputs, ...pagingInputs(pagination, inputs)],
    query: queryParams(source),
    body: bodyRule(source, inputs, resource, service),
    headers: headerRules(source.headers),
    response: responseRule(name, source),
    pagination,
    async: source.async === undefined ? null : normaliseAsync(source.async),
    auth: source.auth ?? resource.auth ?? "default",
    timeoutMs: parseDuration(source.timeout ?? service.timeout ?? DEFAULT_TIMEOUT),
    retry: retryPolicy([service.retry, source.retry], source.method),
    errors: errorRules([service.errors, source.errors]),
    expose: source.expose ?? SURFACES,
    deprecated: source.deprecated ?? null,
    unsupported: source.unsupported ?? null,
    aliases: aliases(name, source, resource, inputs),
    sample: source.sample ?? null,
    output: source.output ?? null,
  };
}

/** True when the operation answers with many records. */
function lists(name: string, source: OperationSource): boolean {
  return source.response?.records !== undefined || (name === "list" && source.unsupported === undefined);
}

/** A declared input as the operation takes it: what stands in its path is required, said or not, unless it has a default. */
export function inputOf(param: ParamSource, source: OperationSource, resource: ResourceSource): Param {
  const declared = normaliseParam(param);
  if (declared.required || declared.default !== undefined) return declared;
  const path = resource.endpoint.value + (source.path?.value ?? "");
  return { ...declared, required: variablesOfPath(path).includes(param.name) };
}

/** Everything a caller may give, wherever it is declared; the first of a name counts. */
export function declaredInputs(source: OperationSource, resource: ResourceSource): Param[] {
  const placeholders = [
    resource.endpoint.placeholders,
    source.path?.placeholders,
    ...Object.values({ ...resource.headers, ...source.headers }).map((header) => header.placeholders),
    source.bodyTemplate?.placeholders,
    source.input,
  ];
  return placeholders.flatMap((params) => params ?? []).map((param) => inputOf(param, source, resource));
}

/** What every operation takes: the placeholders that the service's own headers declare. */
function sharedInputs(source: OperationSource, resource: ResourceSource, service: ServiceSource): Param[] {
  const shared = Object.values(service.headers ?? {}).flatMap((header) => header.placeholders ?? []);
  return shared.map((param) => inputOf(param, source, resource));
}

function allInputs(source: OperationSource, resource: ResourceSource, service: ServiceSource): Param[] {
  const byName = new Map<string, Param>();
  for (const param of [...declaredInputs(source, resource), ...sharedInputs(source, resource, service)])
    if (!byName.has(param.name)) byName.set(param.name, param);
  return [...byName.values()];
}

function effectOf(name: string, method: string): OperationEffect {
  if (method === "GET" || method === "HEAD") return "none";
  if (KNOWN_EFFECTS.includes(name)) return name as OperationEffect;
  if (method === "DELETE") return "delete";
  return method === "PUT" || method === "PATCH" ? "update" : "none";
}

function describe(name: string, resource: ResourceSource): string {
  return `${name[0]?.toUpperCase()}${name.slice(1).replaceAll("_", " ")}: ${resource.meta?.short ?? resource.handle}.`;
}

function queryParams(source: OperationSource): QueryParam[] {
  return Object.entries(source.queryParams ?? {}).map(([name, { value, array, omitIfEmpty }]) => ({
    name,
    value,
    array: array ?? "repeat",
    omitIfEmpty: omitIfEmpty ?? true,
  }));
}

function bodyRule(
  source: OperationSource,
  inputs: Param[],
  resource: ResourceSource,
  service: ServiceSource,
): BodyRule | null {
  if (source.bodyTemplate !== undefined) {
    return { encoding: "json", form: "template", template: source.bodyTemplate.value, passthrough: false };
  }
  return source.body === undefined
    ? null
    : structuredBody(source.body, () => unusedElsewhere(source, inputs, resource, service));
}

function structuredBody(body: BodySource, unused: () => Json): BodyRule {
  switch (body.encoding) {
    case "json":
      return { encoding: "json", form: "tree", value: body.value ?? unused(), passthrough: body.passthrough ?? false };
    case "form": {
      const { value = unused(), passthrough = false, array = "repeat" } = body;
      return { encoding: "form", form: "tree", value, passthrough, array };
    }
    case "multipart":
      return { encoding: "multipart", parts: body.parts, maxBytes: body.maxBytes ?? DEFAULT_MAX_BYTES };
    case "binary":
      return { encoding: "binary", param: body.param, maxBytes: body.maxBytes ?? DEFAULT_MAX_BYTES };
    case "text":
      return { encoding: "text", template: body.value, contentType: body.contentType ?? "text/plain; charset=utf-8" };
  }
}

/** A body of every input that stands in no path, query or header. */
function unusedElsewhere(
  source: OperationSource,
  inputs: Param[],
  resource: ResourceSource,
  service: ServiceSource,
): Json {
  const elsewhere = [
    resource.endpoint.value,
    source.path?.value ?? "",
    ...Object.values(source.queryParams ?? {}).map((param) => param.value),
    ...Object.values({ ...service.headers, ...resource.headers, ...source.headers }).map((header) => header.value),
  ];
  const used = new Set(elsewhere.flatMap(variablesIn));
  const members = inputs.filter((param) => !used.has(param.name)).map(({ name }) => [name, { $param: name }]);
  return Object.fromEntries(members);
}

function responseRule(name: string, source: OperationSource): ResponseRule {
  const { response } = source;
  return {
    type: response?.type ?? (source.method === "HEAD" ? "none" : "json"),
    records: response?.records ?? (lists(name, source) ? ["data"] : null),
    rootArray: response?.records === undefined && lists(name, source),
    stream: response?.stream ?? false,
    assemble: assembleRule(response?.assemble),
  };
}

function assembleRule(source: NonNullable<OperationSource["response"]>["assemble"]): AssembleRule | null {
  if (source === undefined) return null;
  return { steps: source.steps.map((step) => ({ ...step, on: step.on ?? null })), end: source.end };
}

/** Its own aliases; and under each alias of the resource, its own name, with what of the shape this operation takes. */
function aliases(name: string, source: OperationSource, resource: ResourceSource, inputs: Param[]): Alias[] {
  const own = (source.aliases ?? []).map(normaliseAlias);
  const takes = new Set([...inputs.map((input) => input.name), WHOLE_INPUT]);
  const inherited = (resource.aliases ?? []).map(normaliseAlias).map((alias) => ({
    name: `${alias.name}.${name}`,
    input: alias.input && Object.fromEntries(Object.entries(alias.input).filter(([input]) => takes.has(input))),
  }));
  return [...own, ...inherited];
}

function normaliseAlias(alias: AliasSource): Alias {
  return typeof alias === "string" ? { name: alias, input: null } : { name: alias.name, input: alias.input ?? null };
}
