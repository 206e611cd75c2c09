import { TidewireError } from "../kernel/errors.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Auth, Connector, Operation } from "../manifest/connector.ts";
import { compileText } from "../template/text.ts";
import type { OperationCall } from "./call.ts";
import { assertHeaderValue } from "./headers.ts";
import { oncePer } from "./once-per.ts";
import type { UpstreamRequest } from "./request.ts";

/** Whose credential goes where: the operation names which. */
export type Credited = Pick<OperationCall, "connector" | "account"> & { operation: Pick<Operation, "auth"> };

const templateOf = oncePer<Auth, ReturnType<typeof compileText>>();

/**
 * Puts the operation's credential on the request: in a header, the query or a cookie. `token` is the one that was got for it
 * where it is not sent itself (`credential.ts`). Throws `credential_missing` when the connection lacks it, and refuses a host that may not have it.
 */
export function authorize(request: UpstreamRequest, call: Credited, token: Secret | null = null): UpstreamRequest {
  const auth = call.connector.auths[call.operation.auth];
  if (!auth) return request;
  assertMayReceive(request, call);
  return place(request, auth, credentialOf(auth, call, token));
}

/** True when a credential may go to this address: the base URL's own origin, or an allowed host over TLS. */
export function mayReceiveCredentials(url: URL, baseOrigin: string, allowedHosts: readonly string[]): boolean {
  return url.origin === baseOrigin || (url.protocol === "https:" && allowedHosts.includes(url.host));
}

/** Takes credentials out of an address that a provider repeats: of a link to it more goes to callers than they may know. */
export function withoutCredentials(address: URL, { auths }: Pick<Connector, "auths">): URL {
  const url = new URL(address);
  for (const { in: place, parameter } of Object.values(auths)) {
    // Taking out what is not there would still write the query anew.
    if (place === "query" && url.searchParams.has(parameter)) url.searchParams.delete(parameter);
  }
  return url;
}

function assertMayReceive(request: UpstreamRequest, { connector }: Credited): void {
  if (mayReceiveCredentials(request.url, request.baseOrigin, connector.allowedHosts)) return;
  throw new TidewireError(
    "invalid_upstream",
    `The credential may not go to ${request.url.host}: it is neither the base URL's host nor in "service.allowedHosts".`,
  );
}

function credentialOf(auth: Auth, { account }: Credited, token: Secret | null): string {
  const template = templateOf(auth, () => compileText(auth.value));
  const values: Record<string, string> = {};
  for (const name of template.names) {
    const secret = auth.grant === null ? account.credentials[name] : token;
    const value = secret ? secret.reveal() : account.params[name];
    if (!value) throw credentialMissing(auth, name, account.name);
    values[name] = value;
  }
  const rendered = template.render(values);
  const value = auth.method === "basic" ? `Basic ${Buffer.from(rendered).toString("base64")}` : rendered;
  assertHeaderValue(value, `the credential of "${account.name}"`);
  return value;
}

/** The error for a credential that a connection lacks. */
export function credentialMissing(auth: Auth, field: string, connection: string): TidewireError {
  return new TidewireError(
    "credential_missing",
    `The connection "${connection}" has no "${field}", which the credential "${auth.name}" needs. Add it to the connection's credentials.`,
  );
}

function place(request: UpstreamRequest, auth: Auth, value: string): UpstreamRequest {
  if (auth.in === "query") {
    const url = new URL(request.url);
    url.search = joinQuery(url.search, auth.parameter, value);
    return { ...request, url };
  }
  if (auth.in === "header")
    return { ...request, headers: { ...request.headers, [auth.parameter.toLowerCase()]: value } };
  const { cookie } = request.headers;
  const pair = `${auth.parameter}=${encodeURIComponent(value)}`;
  return { ...request, headers: { ...request.headers, cookie: cookie ? `${cookie}; ${pair}` : pair } };
}

/** Adds to the text, so that what is there keeps its encoding. */
function joinQuery(search: string, name: string, value: string): string {
  return `${search ? `${search}&` : "?"}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}
