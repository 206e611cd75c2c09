import type { HttpBindings } from "@hono/node-server";
import type { Context as HonoContext } from "hono";
import ipaddr from "ipaddr.js";
import type { Authenticate } from "../../access/authenticate.ts";
import type { Config } from "../../config.ts";
import { TidewireError } from "../../kernel/errors.ts";
import type { Actor } from "../../model/actor.ts";
import { SURFACE_HEADER, type Surface } from "../../model/surface.ts";

export type Env = { Bindings: Partial<HttpBindings> };
export type Http = HonoContext<Env>;

/** A header by its lower-case name, from Node's own reading of the request where there is one: web headers take ten times as long. */
export function headerOf(c: Http, name: string): string | undefined {
  const incoming = c.env?.incoming;
  if (!incoming) return c.req.header(name);
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The key of a request: `Authorization: Bearer …` or `x-api-key`. */
function keyOf(c: Http): string | undefined {
  const authorization = headerOf(c, "authorization");
  if (authorization !== undefined && /^bearer /i.test(authorization)) return authorization.slice(7).trim();
  return headerOf(c, "x-api-key");
}

/** Where a key may come in the query string, for platforms that can send nothing else. */
export const HOOK_PATH = "/webhooks/";

/**
 * Whose request it is. On REST hooks a key is taken from `?api_key=` too, if it can do nothing but subscribe: an address is
 * easily seen by others. Throws `unauthorized`.
 */
export function callerOf(c: Http, authenticate: Authenticate): Actor | Promise<Actor> {
  const inHeader = keyOf(c);
  const inQuery = c.req.path.startsWith(HOOK_PATH) ? c.req.query("api_key") : undefined;
  return inHeader !== undefined || inQuery === undefined ? authenticate(inHeader) : subscriber(authenticate, inQuery);
}

async function subscriber(authenticate: Authenticate, key: string): Promise<Actor> {
  const actor = await authenticate(key);
  if (actor.scopes.length === 1 && actor.scopes[0] === "subscriptions") return actor;
  throw new TidewireError(
    "unauthorized",
    "`?api_key=` takes keys only that have the scope `subscriptions` and no other.",
  );
}

/** The command line speaks HTTP as well, and says so. */
export function surfaceOf(c: Http): Surface {
  return headerOf(c, SURFACE_HEADER) === "cli" ? "cli" : "http";
}

/**
 * The base of absolute links: `TIDEWIRE_PUBLIC_URL`, else what a trusted proxy says that the caller used, else what the request
 * itself says.
 */
export function baseUrlOf(c: Http, config: Pick<Config, "TIDEWIRE_PUBLIC_URL" | "TIDEWIRE_TRUST_PROXY">): string {
  if (config.TIDEWIRE_PUBLIC_URL) return config.TIDEWIRE_PUBLIC_URL;
  const host = headerOf(c, "host") ?? "127.0.0.1";
  if (!isTrusted(c.env?.incoming?.socket.remoteAddress, config.TIDEWIRE_TRUST_PROXY)) return `http://${host}`;
  const forwardedHost = firstOf(headerOf(c, "x-forwarded-host"));
  const protocol = firstOf(headerOf(c, "x-forwarded-proto")) ?? (forwardedHost ? "https" : "http");
  return `${protocol}://${forwardedHost ?? host}`;
}

/** Each proxy on the way adds its own to the list: the first is what the caller used. */
function firstOf(header: string | undefined): string | undefined {
  return header?.split(",")[0]?.trim() || undefined;
}

function isTrusted(address: string | undefined, listed: readonly string[]): boolean {
  if (address === undefined || listed.length === 0) return false;
  const parsed = ipaddr.process(address);
  return listed.some((entry) => {
    if (!entry.includes("/")) return ipaddr.isValid(entry) && ipaddr.process(entry).toString() === parsed.toString();
    const [network, bits] = ipaddr.parseCIDR(entry);
    return network.kind() === parsed.kind() && parsed.match([network, bits] as [ipaddr.IPv4, number]);
  });
}
