import { TidewireError } from "../kernel/errors.ts";
import { remembered } from "../kernel/remembered.ts";
import type { Connector, Operation, Resource, ResponseRule } from "../manifest/connector.ts";
import { compileText, type TextTemplate } from "../template/text.ts";
import { type BuildBody, compileBody } from "./body.ts";
import type { BodySource } from "./body-source.ts";
import type { OperationCall, Values } from "./call.ts";
import { groundOf } from "./ground.ts";
import { compileHeader, type HeaderPlan, putHeaders } from "./headers.ts";
import { oncePer } from "./once-per.ts";
import { NO_PAGE, type PageParams } from "./page-params.ts";
import { invalidCursor, stylesOf } from "./paging.ts";
import { compileQuery, queryText, type RenderQuery } from "./query.ts";

/** A call made ready: nothing has been sent, and it can be sent more than once. Header names are lower-case. */
export interface UpstreamRequest {
  method: string;
  /** Of many calls: not to be changed. */
  url: URL;
  /** Path of the operation itself; a page of a listing may stand below it. */
  ownPath: string;
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

const planOf = oncePer<Operation, RequestPlan>();

/** Most calls go where others went before. */
const MOST_URLS = 200;
const urlOf = remembered(MOST_URLS, (address) => new URL(address));

/**
 * URL, headers and body of a call, credentials left out. `page` says which page of a listing.
 * Throws `unsupported` for what the API cannot do, `invalid_input` for a value that its place cannot carry, and
 * `payload_too_large` for files beyond the limit.
 */
export function buildRequest(call: OperationCall, page: PageParams = NO_PAGE): UpstreamRequest {
  refuseUnsupported(call.operation);
  const plan = planOf(call.operation, () => compilePlan(call));
  const ground = groundOf(call);
  const values = valuesOf(plan, ground.settings, call.input);
  const own = ground.origin + ground.path + plan.path.render(values);
  const url = page.below === "" ? urlOf(own + queryText(plan.query(values), page.query)) : urlBelow(own, page);
  const body = plan.body?.(values, call.input, page.body) ?? null;
  return {
    method: call.operation.method,
    url,
    ownPath: page.below === "" ? url.pathname : new URL(own).pathname,
    baseOrigin: ground.origin,
    headers: headersOf(plan, values, body),
    body,
  };
}

/** The address of a page below an operation's own. A cursor is the caller's to give: its path may not lead away by dots. */
function urlBelow(own: string, { below, query: { set } }: PageParams): URL {
  // Another address has a query of its own.
  const url = new URL(own + below + queryText([], { set, unlessGiven: [] }));
  if (!url.pathname.startsWith(`${new URL(own).pathname}/`)) throw invalidCursor();
  return url;
}

function refuseUnsupported({ id, unsupported }: Operation): void {
  if (unsupported !== null) throw new TidewireError("unsupported", `${id}: ${unsupported}`);
}

/**
 * Only declared input counts: nobody changes a connection's workspace by a field that is passed through in a body. Null takes no
 * setting's place.
 */
function valuesOf(plan: RequestPlan, settings: Record<string, string>, input: Values): Values {
  const values: Values = { ...settings };
  for (const name of plan.declared) {
    const value = input[name];
    if (value !== undefined && (value !== null || !Object.hasOwn(settings, name))) values[name] = value;
  }
  return values;
}

function compilePlan({ connector, resource, operation }: OperationCall): RequestPlan {
  const declared = operation.inputs.map((input) => input.name);
  const elsewhere = [...namesOutsideBody(connector, resource, operation), ...pagingInputs(operation)].filter((name) =>
    declared.includes(name),
  );
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

/** The headers of a call's plan and of its body. */
function headersOf(plan: RequestPlan, values: Values, body: BodySource | null): Record<string, string> {
  const headers: Record<string, string> = { accept: plan.accept };
  putHeaders(headers, plan.headers, values);
  if (body) headers["content-type"] = body.contentType;
  if (body?.length !== undefined && body.length !== null) headers["content-length"] = String(body.length);
  return headers;
}

/** What stands in the path, the query or a header, so that a passed-through body leaves it out. */
function namesOutsideBody(connector: Connector, resource: Resource, operation: Operation): string[] {
  const rules = [...connector.headers, ...resource.headers, ...operation.headers, ...operation.query];
  const texts = [resource.endpoint + operation.path, ...rules.map((rule) => rule.value)];
  return texts.flatMap((text) => compileText(text).names);
}

/** The inputs that ask for a page: what they come to is laid over the request (`paging.ts`). */
function pagingInputs(operation: Operation): string[] {
  const paged = stylesOf(operation).filter((style) => style.style !== "none");
  return [...(paged.length > 0 ? ["cursor"] : []), ...(paged.some((style) => style.limit !== null) ? ["limit"] : [])];
}
