import { decodeCursor, encodeCursor } from "../kernel/page.ts";
import type { OperationCall } from "./call.ts";
import { invalidCursor, type Position, placeOf, positionAt } from "./paging.ts";

/** A position as one opaque text for the caller: the number of its style and the provider's own token. */
export function cursorOf({ operation }: OperationCall, position: Position): string {
  return encodeCursor(placeOf(operation, position));
}

/** The position that the input's `cursor` stands for; null without one. Throws `invalid_cursor`. */
export function positionOf({ operation, input }: OperationCall): Position | null {
  const { cursor } = input;
  if (operation.response.records === null || cursor === undefined || cursor === null) return null;
  const place = typeof cursor === "string" ? decodeCursor(cursor) : null;
  const position = positionAt(operation, String(place));
  if (position === null) throw invalidCursor();
  return position;
}
