import { TidewireError } from "../../kernel/errors.ts";
import { decodeCursor, type PageRequest } from "../../kernel/page.ts";

/** The numeric sort key within a request's cursor; null on the first page. Throws `invalid_cursor`. */
export function numberCursor({ cursor }: Partial<PageRequest>): number | null {
  return cursor === undefined ? null : typed(decodeCursor(cursor), "number");
}

/** The textual sort key within a request's cursor; null on the first page. Throws `invalid_cursor`. */
export function textCursor({ cursor }: Partial<PageRequest>): string | null {
  return cursor === undefined ? null : typed(decodeCursor(cursor), "string");
}

/** Two numbers as one sort key, for rows that are listed by time and, within a millisecond, by number. */
export function timePosition(row: { createdAt: number; n: number }): string {
  return `${row.createdAt}.${row.n}`;
}

/** What `timePosition` made. Throws `invalid_cursor`. */
export function timeCursor(page: Partial<PageRequest>): { createdAt: number; n: number } | null {
  const position = textCursor(page);
  if (position === null) return null;
  const match = /^(-?\d+)\.(\d+)$/.exec(position);
  if (!match) throw foreignCursor();
  return { createdAt: Number(match[1]), n: Number(match[2]) };
}

function typed<T extends "number" | "string">(position: string | number, type: T) {
  if (typeof position !== type) throw foreignCursor();
  return position as T extends "number" ? number : string;
}

function foreignCursor(): TidewireError {
  return new TidewireError(
    "invalid_cursor",
    "This cursor is of another listing; use a next_cursor that this one gave.",
  );
}
