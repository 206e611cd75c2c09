import { isObject, type Json, type JsonObject, ownMember, setMember } from "../kernel/json.ts";

/** A name and its value, not yet encoded. */
export type PagePair = readonly [name: string, value: string | number];

/** What is laid over the parameters that an operation has of its own. */
export interface Overlay {
  /** These replace the operation's own of the same names. */
  set: PagePair[];
  /** These are sent only where the operation has none of that name. */
  unlessGiven: PagePair[];
}

/** What paging adds to a request. */
export interface PageParams {
  /** Where the page stands below the operation's own path: empty, or beginning with `/`. */
  below: string;
  query: Overlay;
  body: Overlay;
}

const NOTHING: Overlay = { set: [], unlessGiven: [] };
export const NO_PAGE: PageParams = { below: "", query: NOTHING, body: NOTHING };

/** A body's members with those of a page; a name leads into objects by its dots. */
export function overlaid(body: JsonObject, { set, unlessGiven }: Overlay): JsonObject {
  const missing = unlessGiven.filter(([name]) => memberAt(body, name) === undefined);
  return [...missing, ...set].reduce((object, [name, value]) => withMember(object, name.split("."), value), body);
}

/** The member that a dotted name leads to; undefined when there is none. */
export function memberAt(body: unknown, name: string): unknown {
  return name.split(".").reduce<unknown>((at, key) => ownMember(at, key), body);
}

function withMember(object: JsonObject, [key = "", ...rest]: string[], value: Json): JsonObject {
  const inner = ownMember(object, key);
  const changed: JsonObject = { ...object };
  setMember(
    changed,
    key,
    rest.length === 0 ? value : withMember(isObject(inner) ? (inner as JsonObject) : {}, rest, value),
  );
  return changed;
}
