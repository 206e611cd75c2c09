import { invalidInput, TidewireError } from "../kernel/errors.ts";
import type { Connector, HeaderRule, Operation, Resource, ResponseRule } from "../manifest/connector.ts";
import { compileText, isWhole, type TextTemplate } from "../template/text.ts";
import { type BuildBody, compileBody } from "./body.ts";
import type { BodySource } from "./body-source.ts";
import type { OperationCall, Values } from "./call.ts";
import { type OncePer, oncePer } from "./once-per.ts";
import { compileQuery, NO_PAGE, type PageQuery, queryText, type RenderQuery } from "./query.ts";
import { textOf } from "./text-of.ts";

/** A call made ready: nothing has been sent, and it can be sent more than once. Header names are lower-case. */
export interface UpstreamRequest {
  method: string;
  url: URL;
  /** Origin of the connection's base URL: what may have its credentials. */
  baseOrigin: string;
  headers: Record<string, string>;
  body: BodySource | null;
}

interface RequestPlan {
  path: TextTemplate;
  query: RenderQuery;
  headers: HeaderPlan[];
  body: BuildBody | null;
  accept: string;
  /** Names of the operation's inputs. */
  declared: string[];
}

/** What a connection decides of every request. */
interface Ground {
  settings: Record<string, string>;
  /** Of the base URL. */
  origin: string;
  /** Of the base URL, without the slash that may end it. */
  path: string;
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
const groundsOf = oncePer<Connector, OncePer<Record<string, string>, Ground>>();

/**
 * URL, headers and body of a call, credentials left out. `page` says which page of a listing.
 * Throws `unsupported` for what the API cannot do, `invalid_input` for a value that its place cannot carry, and
 * `payload_too_large` for files beyond the limit.
 */
export function buildRequest(call: OperationCall, page: PageQuery = NO_PAGE): UpstreamRequest {
  refuseUnsupported(call.operation);
  const plan = planOf(call.operation, () => compilePlan(call));
  const ground = groundOf(call);
  const values = valuesOf(plan, ground.settings, call.input);
  const url = new URL(ground.origin + ground.path + plan.path.render(values) + queryText(plan.query(values), page));
  const body = plan.body?.(values, call.input) ?? null;
  return {
    method: call.operation.method,
    url,
    baseOrigin: ground.origin,
    headers: headersOf(plan, values, body),
    body,
  };
}

function refuseUnsupported({ id, unsupported }: Operation): void {
  if (unsupported !== null) throw new TidewireError("unsupported", `${id}: ${unsupported}`);
}

/** Only declared input counts: nobody changes a connection's workspace by a field that is passed through in a body. */
function valuesOf(plan: RequestPlan, settings: Record<string, string>, input: Values): Values {
  const values: Values = { ...settings };
  for (const name of plan.declared) if (input[name] !== undefined) values[name] = input[name];
  return values;
}

function compilePlan({ connector, resource, operation }: OperationCall): RequestPlan {
  const declared = operation.inputs.map((input) => input.name);
  const elsewhere = namesOutsideBody(connector, resource, operation).filter((name) => declared.includes(name));
  return {
    path: compileText(resource.endpoint + operation.path, { encode: encodeURIComponent }),
    query: compileQuery(operation.query),
    headers: [...connector.headers, ...resource.headers, ...operation.headers].map(compileHeader),
    body: compileBody(operation, connector.contentType, elsewhere),
    accept: ACCEPT[operation.response.type],
    declared,
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

/** Made once for each version of a connection: `params` are replaced, never changed. */
function groundOf(call: OperationCall): Ground {
  const grounds = groundsOf(call.connector, () => oncePer());
  return grounds(call.account.params, () => {
    const settings = settingsOf(call);
    const { origin, pathname } = baseUrl(call, settings);
    return { settings, origin, path: pathname.replace(/\/+$/, "") };
  });
}

/** The connection's settings with the manifest's defaults beneath. */
function settingsOf({ connector, account }: OperationCall): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const param of connector.params) if (param.default !== undefined) settings[param.name] = textOf(param.default);
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
  const text = Array.isArray(value) ? value.map(textOf).join(",") : textOf(value);
  return text === "" && rule.omitIfEmpty ? null : text;
}

/** Throws `invalid_input` for what a header cannot carry: line ends, other control characters, characters beyond Latin-1. */
export function assertHeaderValue(value: string, what: string, at = what): void {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
  throw invalidInput([{ at, message: `${what} has characters that a header cannot carry` }]);
}

/** What stands in the path, the query or a header, so that a passed-through body leaves it out. */
function namesOutsideBody(connector: Connector, resource: Resource, operation: Operation): string[] {
  const rules = [...connector.headers, ...resource.headers, ...operation.headers, ...operation.query];
  const texts = [resource.endpoint + operation.path, ...rules.map((rule) => rule.value)];
  return texts.flatMap((text) => compileText(text).names);
}
