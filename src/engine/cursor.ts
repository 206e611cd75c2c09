import { decodeCursor, encodeCursor } from "../kernel/page.ts";
import type { OperationCall } from "./call.ts";
import { invalidCursor, type Position, stylesOf } from "./paging.ts";

/** A position as one opaque text for the caller: the number of its style and the provider's own token. */
export function cursorOf({ operation }: OperationCall, { style, token }: Position): string {
  return encodeCursor(`${stylesOf(operation).indexOf(style)}:${token}`);
}

/** The position that the input's `cursor` stands for; null without one. Throws `invalid_cursor`. */
export function positionOf({ operation, input }: OperationCall): Position | null {
  const { cursor } = input;
  if (operation.response.records === null || cursor === undefined || cursor === null) return null;
  const position = typeof cursor === "string" ? decodeCursor(cursor) : null;
  const [, index, token] = /^(\d+):(.*)$/s.exec(String(position)) ?? [];
  const style = stylesOf(operation)[Number(index)];
  if (style === undefined || token === undefined || style.style === "none") throw invalidCursor();
  return { style, token };
}
