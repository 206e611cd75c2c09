import { TidewireError } from "../kernel/errors.ts";
import type { PageLimit, Pagination } from "../manifest/connector.ts";
import type { OperationCall } from "./call.ts";
import { splitToken } from "./page-link.ts";
import { NO_PAGE, type PagePair, type PageParams } from "./page-params.ts";

export type PageStyle = Exclude<Pagination, { style: "firstMatch" }>;

/** Where a listing stands: the token of a page, and the style that the token belongs to. */
export interface Position {
  token: string;
  style: PageStyle;
}

/** The styles that an operation may page in. */
export function stylesOf({ pagination }: OperationCall["operation"]): PageStyle[] {
  return pagination.style === "firstMatch" ? pagination.choices : [pagination];
}

/** A position as one text: the number of its style, and the token. */
export function placeOf(operation: OperationCall["operation"], { style, token }: Position): string {
  return `${stylesOf(operation).indexOf(style)}:${token}`;
}

/** The position that a text stands for; null when it stands for none of this operation. */
export function positionAt(operation: OperationCall["operation"], place: string): Position | null {
  const [, index, token] = PLACE.exec(place) ?? [];
  const style = stylesOf(operation)[Number(index)];
  return style === undefined || token === undefined || style.style === "none" ? null : { style, token };
}

/** True for the text of the position "after the item of this key": then every key of the list is a token. */
export function leadsOnFrom(operation: OperationCall["operation"], place: string, key: string | undefined): boolean {
  const position = positionAt(operation, place);
  return position?.style.style === "cursor" && position.token === key;
}

/** The text of another position of the same style. */
export function withToken(place: string, token: string): string {
  return place.slice(0, place.indexOf(":") + 1) + token;
}

const PLACE = /^(\d+):(.*)$/s;

/** The parameters that ask for a page: the first one without a position. `size` is used where the input names none. */
export function pageParams(position: Position | null, limit: PageLimit | null, size: number | null): PageParams {
  const page = position === null ? NO_PAGE : paramsOf(position);
  if (limit === null || size === null) return page;
  const sized: PagePair[] = [[limit.param, size]];
  return { ...page, [limit.in]: { ...page[limit.in], unlessGiven: sized } };
}

function paramsOf({ style, token }: Position): PageParams {
  if (style.style === "none") return NO_PAGE;
  if (style.style === "link_header" || style.style === "next_url") {
    const { below, query } = splitToken(token);
    return { ...NO_PAGE, below, query: { set: [...query], unlessGiven: [] } };
  }
  const set: PagePair[] = [[style.param, style.in === "query" ? token : typedToken(token)]];
  return { ...NO_PAGE, [style.in]: { set, unlessGiven: [] } };
}

/** Name, place and largest value of the parameter that sizes a page; null when no style has one. */
export function limitOf(call: OperationCall, position: Position | null): PageLimit | null {
  const styles = position === null ? stylesOf(call.operation) : [position.style];
  return styles.map((style) => (style.style === "none" ? null : style.limit)).find((limit) => limit !== null) ?? null;
}

/** A token in a body keeps its type. Throws `invalid_cursor` for one that is neither a text nor a number. */
function typedToken(token: string): string | number {
  try {
    const value: unknown = JSON.parse(token);
    if (typeof value === "string" || typeof value === "number") return value;
  } catch {
    // falls through to the one error below
  }
  throw invalidCursor();
}

/** The error for a cursor that this operation did not give. */
export function invalidCursor(): TidewireError {
  return new TidewireError("invalid_cursor", "Use a next_cursor that this operation gave, or leave the cursor out.");
}

/** True for a style whose pages are asked for by number: nothing in the answer says that one is another page than before. */
export function isNumbered({ style }: PageStyle): boolean {
  return style === "page" || style === "offset";
}
