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

/** A row that is listed by time and, within a millisecond, by number. */
interface Timed {
  createdAt: number;
  n: number;
}

/** Its two numbers as one sort key. */
export function timePosition(row: Timed): string {
  return `${row.createdAt}.${row.n}`;
}

/** The order of a listing that begins with the newest. */
export function newestFirst(a: Timed, b: Timed): number {
  return b.createdAt - a.createdAt || b.n - a.n;
}

/** What `timePosition` made. Throws `invalid_cursor`. */
export function timeCursor(page: Partial<PageRequest>): Timed | null {
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
