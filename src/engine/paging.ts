import { TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import type { PageLimit, Pagination } from "../manifest/connector.ts";
import type { Answer } from "./answer.ts";
import { mayReceiveCredentials } from "./authorize.ts";
import type { OperationCall } from "./call.ts";
import type { PageQuery, QueryPair } from "./query.ts";
import { selectValue } from "./select.ts";

export type PageStyle = Exclude<Pagination, { style: "firstMatch" }>;
type CursorStyle = Extract<PageStyle, { style: "cursor" }>;

/** Where a listing stands: the provider's token for a page, and the style that the token belongs to. */
export interface Position {
  token: string;
  style: PageStyle;
}

/** What comes after a page: another one, the end, or nothing that can be known. */
export type Next = ({ kind: "more" } & Position) | { kind: "end" } | { kind: "lost"; reason: LostReason };

/**
 * `unpaged`: a full page that says nothing of another one. `no_token`: there is more, but not said where.
 * `style_changed`: it pages in another way than the page before.
 */
type LostReason = "unpaged" | "no_token" | "style_changed";

/** The styles that an operation may page in. */
export function stylesOf({ pagination }: OperationCall["operation"]): PageStyle[] {
  return pagination.style === "firstMatch" ? pagination.choices : [pagination];
}

/** What an answer with `count` records says about the page after it; `before` is the position that it was fetched from. */
export function nextPage(call: OperationCall, answer: Answer, count: number, before: Position | null): Next {
  const style = stylesOf(call.operation).find((choice) => speaksIn(choice, answer));
  if (style === undefined)
    return isCut(count, sizeAsked(call, answer)) ? { kind: "lost", reason: "unpaged" } : { kind: "end" };
  if (before !== null && style !== before.style) return { kind: "lost", reason: "style_changed" };
  if (style.style === "none") return { kind: "end" };
  return style.style === "cursor" ? afterCursor(style, answer.record) : afterLink(style, call, answer);
}

/** The query that asks for a page: the first one without a position. `size` is used where the input names none. */
export function pageQuery(position: Position | null, limit: PageLimit | null, size: number | null): PageQuery {
  const unlessGiven: QueryPair[] = limit === null || size === null ? [] : [[limit.param, String(size)]];
  if (position === null) return { set: [], unlessGiven };
  const { style, token } = position;
  const set: QueryPair[] = style.style === "cursor" ? [[style.param, token]] : [...new URLSearchParams(token)];
  return { set, unlessGiven };
}

/** Name and largest value of the parameter that sizes a page; null when no style has one. */
export function limitOf(call: OperationCall, position: Position | null): PageLimit | null {
  const styles = position === null ? stylesOf(call.operation) : [position.style];
  return styles.map((style) => (style.style === "none" ? null : style.limit)).find((limit) => limit !== null) ?? null;
}

/** True when an answer has the marks of a style. A declared `none` is spoken by every answer, an assumed one by none. */
function speaksIn(style: PageStyle, { record, headers }: Answer): boolean {
  if (style.style === "none") return style.reason !== null;
  if (style.style === "link_header")
    return [...linkTargets(headers.link ?? "").keys()].some((rel) => PAGE_RELATIONS.has(rel));
  return selectValue(style.hasMore ?? style.next, record) !== undefined;
}

const PAGE_RELATIONS: ReadonlySet<string> = new Set(["next", "prev", "previous", "first", "last"]);

function afterCursor(style: CursorStyle, record: Json): Next {
  const next = selectValue(style.next, record);
  const known = (typeof next === "string" && next !== "") || typeof next === "number";
  const more = style.hasMore === null ? known : Boolean(selectValue(style.hasMore, record));
  if (!more) return { kind: "end" };
  return known ? { kind: "more", token: String(next), style } : { kind: "lost", reason: "no_token" };
}

/** The query of the link, for the operation's own address: so a link can never lead a credential elsewhere. */
function afterLink(style: PageStyle, call: OperationCall, { headers, request }: Answer): Next {
  const target = linkTargets(headers.link ?? "").get("next");
  if (target === undefined) return { kind: "end" };
  const url = URL.canParse(target, request.url.href) ? new URL(target, request.url) : null;
  if (url && mayReceiveCredentials(url, request.baseOrigin, call.connector.allowedHosts)) {
    return { kind: "more", token: url.search.slice(1), style };
  }
  throw new TidewireError(
    "upstream_invalid",
    `${call.operation.id}: the next page is said to be at ${url?.host ?? "an address that is none"}, which is neither the base URL's host nor in "service.allowedHosts".`,
  );
}

/** Targets of a Link header by relation (RFC 8288). */
function linkTargets(header: string): Map<string, string> {
  const targets = new Map<string, string>();
  for (const [, target = "", params = ""] of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)/g,
  )) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))/i.exec(params);
    for (const relation of (relations?.[1] ?? relations?.[2] ?? "").toLowerCase().split(/\s+/)) {
      if (relation !== "" && !targets.has(relation)) targets.set(relation, target);
    }
  }
  return targets;
}

/** How many records the request asked for; null when it did not say. */
function sizeAsked(call: OperationCall, { request }: Answer): number | null {
  const limit = limitOf(call, null);
  const asked = limit && request.url.searchParams.get(limit.param);
  return asked ? Number(asked) : null;
}

/** What APIs commonly cut their pages at, for a list whose page size nobody said. */
const USUAL_SIZES: ReadonlySet<number> = new Set([10, 20, 25, 30, 50, 100, 200, 250, 500, 1000]);

function isCut(count: number, size: number | null): boolean {
  return size === null ? USUAL_SIZES.has(count) : count >= size;
}
