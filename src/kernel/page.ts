import { TidewireError } from "./errors.ts";

/** One page of a listing; `nextCursor` is null at the end. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** What a caller asks of a listing; `limit` is already clamped. */
export interface PageRequest {
  limit: number;
  cursor?: string;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 200;

/** A limit between 1 and 200; 20 when none is given (CONTRACT: more is clamped). */
export function clampLimit(limit: number | undefined): number {
  return Math.min(Math.max(Math.trunc(limit ?? DEFAULT_LIMIT), 1), MAX_LIMIT);
}

/** Wraps a listing's last sort key as an opaque cursor. */
export function encodeCursor(position: string | number): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** The sort key within a cursor. Throws `invalid_cursor` for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): string | number {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (typeof position === "string" || typeof position === "number") return position;
  } catch {
    // falls through to the one error below
  }
  throw foreignCursor();
}

function foreignCursor(): TidewireError {
  return new TidewireError("invalid_cursor", "Use a next_cursor that this listing gave, or leave the cursor out.");
}

/** Cuts `limit + 1` rows to a page: the extra row only tells that there is more. */
export function toPage<Row, T>(
  rows: Row[],
  limit: number,
  position: (row: Row) => string | number,
  map: (row: Row) => T,
): Page<T> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null;
  return { items: kept.map(map), nextCursor };
}

/** A page of a list that is in memory as a whole; the cursor is how many members came before. Throws `invalid_cursor`. */
export function pageOf<T>(all: readonly T[], { limit, cursor }: PageRequest): Page<T> {
  const from = cursor === undefined ? 0 : decodeCursor(cursor);
  if (typeof from !== "number" || !Number.isSafeInteger(from) || from < 0) throw foreignCursor();
  const rows = all.slice(from, from + limit + 1).map((item, n) => ({ item, next: from + n + 1 }));
  return toPage(
    rows,
    limit,
    ({ next }) => next,
    ({ item }) => item,
  );
}
