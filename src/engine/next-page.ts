import { TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import { textOf } from "../kernel/json.ts";
import type { Answer } from "./answer.ts";
import { mayReceiveCredentials, withoutCredentials } from "./authorize.ts";
import type { OperationCall } from "./call.ts";
import { linkTargets, pageToken } from "./page-link.ts";
import { memberAt } from "./page-params.ts";
import { limitOf, type PageStyle, type Position, stylesOf } from "./paging.ts";
import type { UpstreamRequest } from "./request.ts";
import { selectValue } from "./select.ts";

type Style<Name extends PageStyle["style"]> = Extract<PageStyle, { style: Name }>;

/** What comes after a page: another one, the end, nothing that can be known, or an address that must not be asked. */
export type Next =
  | ({ kind: "more" } & Position)
  | { kind: "end" }
  | { kind: "lost"; reason: LostReason }
  | { kind: "astray"; error: TidewireError };

/**
 * `unpaged`: a full page that says nothing of another one. `no_token`: there is more, but not said where.
 * `style_changed`: it pages in another way than the page before.
 */
type LostReason = "unpaged" | "no_token" | "style_changed";

/** What an answer with `count` records says about the page after it; `before` is the position that it was fetched from. */
export function nextPage(call: OperationCall, answer: Answer, count: number, before: Position | null): Next {
  const style = stylesOf(call.operation).find((choice) => speaksIn(choice, answer));
  const size = sizeAsked(call, answer.request);
  if (style === undefined) return isCut(count, size) ? { kind: "lost", reason: "unpaged" } : { kind: "end" };
  if (before !== null && style !== before.style) return { kind: "lost", reason: "style_changed" };
  switch (style.style) {
    case "none":
      return { kind: "end" };
    case "cursor":
      return afterCursor(style, answer.record);
    case "page":
    case "offset":
      return afterNumber(style, answer, count, size);
    case "link_header":
      return afterLink(style, call, answer, linkTargets(answer.headers.link ?? "").get("next"));
    case "next_url":
      return afterLink(style, call, answer, selectValue(style.next, answer.record));
  }
}

/** True when an answer has the marks of a style. A declared `none` is spoken by every answer, an assumed one by none. */
function speaksIn(style: PageStyle, { record, headers }: Answer): boolean {
  switch (style.style) {
    case "none":
      return style.reason !== null;
    case "link_header":
      return [...linkTargets(headers.link ?? "").keys()].some((rel) => PAGE_RELATIONS.has(rel));
    case "cursor":
      return selectValue(style.hasMore ?? style.next, record) !== undefined;
    case "next_url":
      return selectValue(style.next, record) !== undefined;
    default: {
      const mark = style.hasMore ?? (style.style === "page" ? style.pages : style.total);
      return mark === null || selectValue(mark, record) !== undefined;
    }
  }
}

const PAGE_RELATIONS: ReadonlySet<string> = new Set(["next", "prev", "previous", "first", "last"]);

function afterCursor(style: Style<"cursor">, record: Json): Next {
  const next = selectValue(style.next, record);
  const known = (typeof next === "string" && next !== "") || typeof next === "number";
  const more = style.hasMore === null ? known : Boolean(selectValue(style.hasMore, record));
  if (!more) return { kind: "end" };
  if (!known) return { kind: "lost", reason: "no_token" };
  return { kind: "more", token: style.in === "query" ? String(next) : JSON.stringify(next), style };
}

/** A page with records moves on: by one page, or by as many records as there were. */
function afterNumber(style: Style<"page" | "offset">, answer: Answer, count: number, size: number | null): Next {
  const asked = askedOf(answer.request, style);
  const at = Number.isInteger(asked) ? Number(asked) : style.first;
  if (!hasMore(style, answer.record, at, count, size)) return { kind: "end" };
  const next = style.style === "page" ? at + 1 : at + count;
  return next === at ? { kind: "lost", reason: "no_token" } : { kind: "more", token: String(next), style };
}

/** By the answer's own word, else until a page is shorter than it was asked to be, or empty. */
function hasMore(
  style: Style<"page" | "offset">,
  record: Json,
  at: number,
  count: number,
  size: number | null,
): boolean {
  if (style.hasMore !== null) return Boolean(selectValue(style.hasMore, record));
  if (style.style === "page" && style.pages !== null)
    return at - style.first + 1 < Number(selectValue(style.pages, record));
  if (style.style === "offset" && style.total !== null)
    return at - style.first + count < Number(selectValue(style.total, record));
  return count > 0 && (size === null || count >= size);
}

/** Only what leads on from the operation's own address is used of a link. */
function afterLink(style: PageStyle, call: OperationCall, { request }: Answer, target: Json | undefined): Next {
  if (target === undefined || target === null || target === "") return { kind: "end" };
  const url = URL.parse(textOf(target), request.url.href);
  if (!url || !mayReceiveCredentials(url, request.baseOrigin, call.connector.allowedHosts)) {
    return astray(
      call,
      `at ${url?.host ?? "an address that is none"}, which is neither the base URL's host nor in "service.allowedHosts"`,
    );
  }
  const token = pageToken(withoutCredentials(url, call.connector), request.ownPath);
  if (token === null) return astray(call, `at ${url.pathname}, which is not below the operation's own path`);
  return { kind: "more", token, style };
}

function astray({ operation }: OperationCall, where: string): Next {
  const error = new TidewireError("upstream_invalid", `${operation.id}: the next page is said to be ${where}.`);
  return { kind: "astray", error };
}

/** How many records the request asked for; null when it did not say. */
function sizeAsked(call: OperationCall, request: UpstreamRequest): number | null {
  const limit = limitOf(call, null);
  return limit && askedOf(request, limit);
}

/** The number that a request gave a parameter of paging; null when it gave none. */
function askedOf(
  { url, body }: UpstreamRequest,
  { param, in: place }: { param: string; in: "query" | "body" },
): number | null {
  const asked = place === "query" ? url.searchParams.get(param) : memberAt(body?.value, param);
  return asked === null || asked === undefined || asked === "" ? null : Number(asked);
}

/** What APIs commonly cut their pages at, for a list whose page size nobody said. */
const USUAL_SIZES: ReadonlySet<number> = new Set([10, 20, 25, 30, 50, 100, 200, 250, 500, 1000]);

function isCut(count: number, size: number | null): boolean {
  return size === null ? USUAL_SIZES.has(count) : count >= size;
}
