import { callOnce } from "./answer.ts";
import type { EngineDeps, ListEnd, ListPage, OperationCall } from "./call.ts";
import { nextPage } from "./next-page.ts";
import { isNumbered, limitOf, type Position, pageParams, stylesOf } from "./paging.ts";
import { recordsOf } from "./read.ts";

/** Where a listing stops even though there is more. */
export interface ListCaps {
  /** Pages; the pagination's own number where it is smaller. */
  maxPages?: number;
  maxItems?: number;
}

/**
 * Every page of a list operation, each as large as the API gives unless the input names a size. A page that fails throws,
 * so that only an end with `complete: true` proves what is not in the list.
 */
export async function* listPages(
  deps: EngineDeps,
  call: OperationCall,
  caps: ListCaps = {},
): AsyncGenerator<ListPage, ListEnd> {
  const isCounted = stylesOf(call.operation).some(isNumbered);
  const seen = new Set<string>();
  let position: Position | null = null;
  let items = 0;
  let before: string | null = null;
  for (let pages = 1; ; pages++) {
    const limit = limitOf(call, position);
    const answer = await callOnce(deps, call, pageParams(position, limit, limit?.max ?? null));
    const records = recordsOf(call, answer.record);
    items += records.length;
    yield { records, cursor: position?.token ?? null };
    const shown = records.length > 0 && isCounted ? JSON.stringify(records) : null;
    if (shown !== null && shown === before) return { complete: false, reason: "repeated_page", pages };
    before = shown;
    const next = nextPage(call, answer, records.length, position);
    if (next.kind === "end") return { complete: true, reason: null, pages };
    if (next.kind === "lost") return { complete: false, reason: next.reason, pages };
    const cap = capHit(next, pages, items, seen, caps);
    if (cap !== null) return { complete: false, reason: cap, pages };
    seen.add(next.token);
    position = next;
  }
}

function capHit(
  next: Position,
  pages: number,
  items: number,
  seen: ReadonlySet<string>,
  caps: ListCaps,
): string | null {
  const { style, token } = next;
  if (seen.has(token)) return "repeated_token";
  const maxPages = style.style === "none" ? 1 : style.maxPages;
  if (pages >= Math.min(maxPages, caps.maxPages ?? maxPages)) return "page_cap";
  return items >= (caps.maxItems ?? Number.POSITIVE_INFINITY) ? "item_cap" : null;
}
