import { TidewireError } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { decodeCursor, encodeCursor, type Page } from "../kernel/page.ts";
import type { Operation } from "../manifest/connector.ts";

/** Where a page begins: in which page of the API (null: the first), and after how many of its records. */
export interface Place {
  cursor: string | null;
  skip: number;
}

/** The place that a caller's cursor stands for. Throws `invalid_cursor`. */
export function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return { cursor: null, skip: 0 };
  const [, skip, theirs] = /^(\d+):(.*)$/s.exec(String(decodeCursor(cursor))) ?? [];
  if (skip === undefined || theirs === undefined) {
    throw new TidewireError("invalid_cursor", "Use a next_cursor that this listing gave, or leave the cursor out.");
  }
  return { cursor: theirs === "" ? null : theirs, skip: Number(skip) };
}

/** What a list operation is asked with for the page of that place: no more than `limit`, where it can be told. */
export function pageInput({ inputs }: Operation, { cursor }: Place, limit: number): JsonObject {
  const size = inputs.find(({ name }) => name === "limit");
  return {
    ...(size === undefined ? {} : { limit: Math.min(limit, size.max ?? limit) }),
    ...(cursor === null ? {} : { cursor }),
  };
}

/** At most `limit` of an API's page: an API may give more at once than it is asked for, or everything. */
export function cutPage<T>(page: Page<T>, { cursor, skip }: Place, limit: number): Page<T> {
  const end = skip + limit;
  const items = page.items.slice(skip, end);
  if (end < page.items.length) return { items, nextCursor: encodeCursor(`${end}:${cursor ?? ""}`) };
  return { items, nextCursor: page.nextCursor === null ? null : encodeCursor(`0:${page.nextCursor}`) };
}
