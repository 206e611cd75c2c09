import { callUnparsed } from "./answer.ts";
import type { EngineDeps, ListEnd, ListPage, OperationCall, RememberedPage } from "./call.ts";
import { type Next, nextPage } from "./next-page.ts";
import { readPage, reviewPage } from "./page-content.ts";
import { isNumbered, limitOf, type Position, pageParams, placeOf, positionAt, stylesOf } from "./paging.ts";

export interface ListOptions {
  /** Pages after which it stops; the pagination's own number where it is smaller. */
  maxPages?: number;
  /** Items after which it stops. */
  maxItems?: number;
  /** What is known of the page that begins at a place: one with the same digest is not parsed. */
  recall?: (place: string | null) => Promise<RememberedPage | null>;
}

/** A page of the listing, with what the generator goes on by. */
interface Fetched extends Omit<ListPage, "next"> {
  next: Next;
  count: number;
}

/**
 * Every page of a list operation, each as large as the API gives unless the input names a size. A page that fails throws, as
 * does one that must not be asked for, so that only an end with `complete: true` proves what is not in the list. Whoever takes
 * a page may say from which place to go on, where it knows that what lies between was on a page already.
 */
export async function* listPages(
  deps: EngineDeps,
  call: OperationCall,
  options: ListOptions = {},
): AsyncGenerator<ListPage, ListEnd, string | null | undefined> {
  const isCounted = stylesOf(call.operation).some(isNumbered);
  const seen = new Set<string>();
  let position: Position | null = null;
  let items = 0;
  let before: string | null = null;
  for (let pages = 1; ; pages++) {
    const { next, count, ...page } = await fetchPage(deps, call, position, options);
    items += count;
    const goOn: string | null | undefined = yield { ...page, next: placeAfter(call, next) };
    // Of a page that was not parsed whole there is nothing to compare, nor need there be: it is not like another.
    const isWhole = page.records?.length === count;
    const shown = isWhole && count > 0 && isCounted ? JSON.stringify(page.records) : null;
    if (shown !== null && shown === before) return { complete: false, reason: "repeated_page", pages };
    before = shown;
    if (next.kind === "end") return { complete: true, reason: null, pages };
    if (next.kind === "astray") throw next.error;
    if (next.kind === "lost") return { complete: false, reason: next.reason, pages };
    const following: Position = (goOn && positionAt(call.operation, goOn)) || next;
    const cap = capHit(following, pages, items, seen, options);
    if (cap !== null) return { complete: false, reason: cap, pages };
    seen.add(following.token);
    position = following;
  }
}

async function fetchPage(
  deps: EngineDeps,
  call: OperationCall,
  position: Position | null,
  { recall }: ListOptions,
): Promise<Fetched> {
  const limit = limitOf(call, position);
  const unparsed = await callUnparsed(deps, call, pageParams(position, limit, limit?.max ?? null));
  try {
    const place = position && placeOf(call.operation, position);
    const { digest } = unparsed;
    const known = (await recall?.(place)) ?? null;
    const as = known?.digest === digest ? recalledNext(call, known) : null;
    if (known && as) return { place, digest, records: null, cut: null, count: known.records, next: as };
    const before = (await known?.cut()) ?? null;
    const { answer, count, ...content } =
      (before && reviewPage(call, unparsed, before)) ?? readPage(call, unparsed, recall !== undefined);
    return { place, digest, ...content, count, next: nextPage(call, answer, count, position) };
  } finally {
    unparsed.discard();
  }
}

/** What came after a page; null when that was a place that the operation does not have any more. */
function recalledNext({ operation }: OperationCall, { next }: RememberedPage): Next | null {
  if (next === null) return { kind: "end" };
  const position = positionAt(operation, next);
  return position && { kind: "more", ...position };
}

function placeAfter({ operation }: OperationCall, next: Next): ListPage["next"] {
  if (next.kind === "end") return null;
  return next.kind === "more" ? placeOf(operation, next) : undefined;
}

function capHit(
  next: Position,
  pages: number,
  items: number,
  seen: ReadonlySet<string>,
  options: ListOptions,
): string | null {
  const { style, token } = next;
  if (seen.has(token)) return "repeated_token";
  const maxPages = style.style === "none" ? 1 : style.maxPages;
  if (pages >= Math.min(maxPages, options.maxPages ?? maxPages)) return "page_cap";
  return items >= (options.maxItems ?? Number.POSITIVE_INFINITY) ? "item_cap" : null;
}
