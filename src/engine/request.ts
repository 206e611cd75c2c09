import { invalidInput, TidewireError } from "../kernel/errors.ts";
import type { Connector, HeaderRule, Operation, Resource, ResponseRule } from "../manifest/connector.ts";
import { compileText, isWhole, type TextTemplate } from "../template/text.ts";
import { type BodySource, type BuildBody, compileBody } from "./body.ts";
import type { OperationCall } from "./call.ts";
import { oncePer } from "./once-per.ts";
import { compileQuery, NO_PAGE, type PageQuery, queryText, type RenderQuery } from "./query.ts";

/** A call made ready: nothing has been sent, and it can be sent more than once. Header names are lower-case. */
export interface UpstreamRequest {
  method: string;
  url: URL;
  /** The URL before a credential joined it: what may be told in an error. */
  address: string;
  /** Origin of the connection's base URL: what may have its credentials. */
  baseOrigin: string;
  headers: Record<string, string>;
  body: BodySource | null;
}

/** What templates are filled with: connection settings and, above them, the caller's input. */
export type Values = Record<string, unknown>;

interface RequestPlan {
  path: TextTemplate;
  query: RenderQuery;
  headers: HeaderPlan[];
  body: BuildBody | null;
  accept: string;
}

interface HeaderPlan {
  name: string;
  rule: HeaderRule;
  /** Name of the value that is the whole header, else null. */
  whole: string | null;
  template: TextTemplate;
}

const planOf = oncePer<Operation, RequestPlan>();
const baseOf = oncePer<Connector, TextTemplate>();

/**
 * URL, headers and body of a call, credentials left out. `page` says which page of a listing.
 * Throws `invalid_input` for a value that its place cannot carry, `payload_too_large` for files beyond the limit.
 */
export function buildRequest(call: OperationCall, page: PageQuery = NO_PAGE): UpstreamRequest {
  const plan = planOf(call.operation, () => compilePlan(call));
  const settings = settingsOf(call);
  const values: Values = { ...settings, ...call.input };
  const base = baseUrl(call, settings);
  const path = base.pathname.replace(/\/+$/, "") + plan.path.render(values);
  const url = new URL(base.origin + path + queryText(plan.query(values), page));
  const body = plan.body?.(values, call.input) ?? null;
  return {
    method: call.operation.method,
    url,
    address: url.href,
    baseOrigin: base.origin,
    headers: headersOf(plan, values, body),
    body,
  };
}

function compilePlan({ connector, resource, operation }: OperationCall): RequestPlan {
  return {
    path: compileText(resource.endpoint + operation.path, { encode: encodeURIComponent }),
    query: compileQuery(operation.query),
    headers: [...connector.headers, ...resource.headers, ...operation.headers].map(compileHeader),
    body:
      operation.body && compileBody(operation, connector.contentType, namesOutsideBody(connector, resource, operation)),
    accept: ACCEPT[operation.response.type],
  };
}

const ACCEPT: Record<ResponseRule["type"], string> = {
  json: "application/json",
  none: "application/json",
  sse: "text/event-stream",
  jsonl: "*/*",
  binary: "*/*",
  text: "text/plain, */*",
};

/** The connection's settings with the manifest's defaults beneath. */
function settingsOf({ connector, account }: OperationCall): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const param of connector.params) if (param.default !== undefined) settings[param.name] = String(param.default);
  return Object.assign(settings, account.params);
}

/** The connection's `baseUrl`, else the manifest's, its placeholders filled from the connection's settings. */
function baseUrl({ connector, account }: OperationCall, settings: Record<string, string>): URL {
  const text = settings.baseUrl || baseOf(connector, () => compileText(connector.baseURL)).render(settings);
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text);
  throw new TidewireError(
    "invalid_upstream",
    `"${text}" is not an http or https URL: set "params.baseUrl" of the connection "${account.name}".`,
  );
}

function compileHeader(rule: HeaderRule): HeaderPlan {
  return { name: rule.name.toLowerCase(), rule, whole: isWhole(rule.value), template: compileText(rule.value) };
}

/** Service, resource and operation headers in this order: a later one replaces or, with `append-comma`, joins an earlier one. */
function headersOf(plan: RequestPlan, values: Values, body: BodySource | null): Record<string, string> {
  const headers: Record<string, string> = { accept: plan.accept };
  for (const header of plan.headers) {
    const value = headerText(header, values);
    if (value === null) continue;
    assertHeaderValue(value, `the header "${header.name}"`, header.template.names[0]);
    const before = headers[header.name];
    headers[header.name] = header.rule.merge === "append-comma" && before ? `${before},${value}` : value;
  }
  if (body) headers["content-type"] = body.contentType;
  if (body?.length !== undefined && body.length !== null) headers["content-length"] = String(body.length);
  return headers;
}

function headerText({ rule, whole, template }: HeaderPlan, values: Values): string | null {
  const value = whole === null ? template.render(values) : values[whole];
  if (value === undefined || value === null) return null;
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return text === "" && rule.omitIfEmpty ? null : text;
}

/** Throws `invalid_input` for what a header cannot carry: line ends, other control characters, characters beyond Latin-1. */
export function assertHeaderValue(value: string, what: string, at = what): void {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
  throw invalidInput([{ at, message: `${what} has characters that a header cannot carry` }]);
}

/** Inputs that stand in the path, the query or a header, so that a passed-through body leaves them out. */
function namesOutsideBody(connector: Connector, resource: Resource, operation: Operation): Set<string> {
  const rules = [...connector.headers, ...resource.headers, ...operation.headers, ...operation.query];
  const texts = [resource.endpoint + operation.path, ...rules.map((rule) => rule.value)];
  return new Set(texts.flatMap((text) => [...compileText(text).names]));
}
