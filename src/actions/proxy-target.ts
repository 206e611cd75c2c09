import type { Ground } from "../engine/ground.ts";
import { oncePer } from "../engine/once-per.ts";
import { invalidInput } from "../kernel/errors.ts";
import { remembered } from "../kernel/remembered.ts";

/** Where a proxied request goes. */
export interface ProxyTarget {
  /** Of many requests: not to be changed. */
  url: URL;
  /** Below the base URL, still percent-encoded: what the manifest's paths are compared with. */
  path: string;
}

/**
 * Joins the path and query that a caller asked for to a connection's base URL, as text. The path may repeat the base URL's own
 * (`/v1/messages` below `…/v1`), or the end of it, or leave it out. Whatever it is, it stays below the base URL.
 * `ours` names the query parameters that are not the provider's. Throws `invalid_input` for a path that hides `..` from us in an
 * encoding that the provider may undo.
 */
export function proxyTarget(ground: Ground, asked: string, ours: ReadonlySet<string>): ProxyTarget {
  const [path, query] = halves(asked.split("#", 1)[0] ?? "");
  const plain = plainTargetsOf(ground, () => remembered(MOST_PLAIN, (it) => targetBelow(ground, it)))(path);
  const search = without(query, ours);
  if (search === "") return plain;
  const url = new URL(plain.url);
  url.search = search;
  return { url, path: plain.path };
}

/** Without a query: most requests go where others went before. */
const MOST_PLAIN = 200;
const plainTargetsOf = oncePer<Ground, (path: string) => ProxyTarget>();

function targetBelow({ origin, path: base }: Ground, path: string): ProxyTarget {
  // A host of its own keeps `//elsewhere` a path; parsing takes dot segments and backslashes out.
  const { pathname } = new URL(`http://any${path.startsWith("/") ? path : `/${path}`}`);
  if (hidesSteps(pathname))
    throw invalidInput([{ at: "path", message: "it may not hide a step up", code: "invalid_path" }]);
  const below = withoutBase(pathname, base);
  return { url: new URL(origin + base + below), path: below };
}

function halves(asked: string): [path: string, query: string] {
  const at = asked.indexOf("?");
  return at < 0 ? [asked, ""] : [asked.slice(0, at), asked.slice(at + 1)];
}

/** True for a path that repeats the path of a base URL, or the end of it. */
export function leadsBelow(base: string, path: string): boolean {
  return base === "" || withoutBase(path, base) !== path;
}

/** What of `/a/v1/x` comes below `/a/v1`, of `/v1/x` too. */
function withoutBase(path: string, base: string): string {
  for (let from = base.indexOf("/"); from >= 0; from = base.indexOf("/", from + 1)) {
    const end = base.slice(from);
    if (path === end || path.startsWith(`${end}/`)) return path.slice(end.length);
  }
  return path;
}

const ENCODED = /%(25|2e|2f|5c)/gi;
/** A segment of dots, also with the parameters that some servers take off first (`..;x`). */
const STEP = /(^|[/\\])\.{1,2}(;[^/\\]*)?([/\\]|$)/;

function hidesSteps(path: string): boolean {
  if (!path.includes("%") && !path.includes(";")) return false;
  let plain = path;
  for (let before = ""; before !== plain; ) {
    before = plain;
    plain = before.replace(ENCODED, decodeURIComponent);
  }
  return STEP.test(plain);
}

function without(query: string, names: ReadonlySet<string>): string {
  if (query === "") return "";
  return query
    .split("&")
    .filter((pair) => !names.has(nameOf(pair)))
    .join("&");
}

/** The decoded name of `name=value`; as it is when it cannot be decoded. */
function nameOf(pair: string): string {
  return new URLSearchParams(pair).keys().next().value ?? pair;
}
