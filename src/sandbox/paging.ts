import type { Json } from "../kernel/json.ts";
import { invalidRequest } from "./api-error.ts";
import { type Collection, type Entry, type Place, START } from "./collections.ts";
import type { ListingFaults } from "./faults.ts";

/** What decides how long a page is. */
interface PageLength {
  query: URLSearchParams;
  /** 20 unless the endpoint says otherwise. */
  defaultLimit?: number;
  /** 1000 unless the shape says otherwise. */
  maxLimit?: number;
  /** The sandbox's own cap on a page, whatever the caller asks. */
  pageSize: number;
  faults: ListingFaults;
}

/** How a collection is shown to one caller. */
export interface Listing<T> extends PageLength {
  keep: (item: T) => boolean;
  show: (item: T) => Json;
}

/** P1: `limit`, `after_id`, `before_id` → `{data, has_more, first_id, last_id}`. Throws 400 for a bad limit or an unknown id. */
export function listById<T extends { id: string }>(collection: Collection<T>, listing: Listing<T>): Json {
  const { query, faults } = listing;
  if (query.has("after_id") && query.has("before_id")) {
    throw invalidRequest("Only one of after_id and before_id may be given.");
  }
  if (faults.empty) return idPage([], faults.token === "again", listing);
  const limit = pageLimit(listing);
  const beforeId = query.get("before_id");
  const entries =
    beforeId === null
      ? collection.after(afterPlace(collection, listing), limit + 1, listing.keep)
      : collection.before(placeOf(collection, "before_id", beforeId), limit + 1, listing.keep);
  const kept = beforeId === null ? entries.slice(0, limit) : entries.slice(-limit);
  return idPage(kept, faults.token === "repeat" || entries.length > limit, listing);
}

function afterPlace<T extends { id: string }>(collection: Collection<T>, { query, faults }: Listing<T>): Place {
  const id = query.get("after_id");
  return id === null || faults.token === "repeat" ? START : placeOf(collection, "after_id", id);
}

function idPage<T extends { id: string }>(entries: Entry<T>[], hasMore: boolean, listing: Listing<T>): Json {
  return {
    data: entries.map(({ item }) => listing.show(item)),
    has_more: hasMore,
    first_id: entries[0]?.item.id ?? null,
    last_id: entries.at(-1)?.item.id ?? null,
  };
}

function placeOf<T extends { id: string }>(collection: Collection<T>, name: string, id: string): Place {
  const place = collection.placeOf(id);
  if (!place) throw invalidRequest(`${name}: \`${id}\` is not the id of an object in this list`);
  return place;
}

/** P2: `limit`, `page` → `{data, next_page}`; the token is opaque and keeps its place when items come or go. */
export function listByToken<T extends { id: string }>(
  collection: Collection<T>,
  listing: Listing<T>,
): { data: Json[]; next_page: string | null } {
  const { query, faults } = listing;
  const from = query.has("page") ? decodeToken(query.get("page") ?? "") : START;
  if (faults.empty) return { data: [], next_page: faults.token === "again" ? encodeToken(from) : null };
  const limit = pageLimit(listing);
  const entries = collection.after(from, limit + 1, listing.keep);
  const kept = entries.slice(0, limit);
  const last = kept.at(-1);
  const next = entries.length > limit && last ? encodeToken(last) : null;
  return {
    data: kept.map(({ item }) => listing.show(item)),
    next_page: faults.token === "repeat" ? encodeToken(from) : next,
  };
}

function encodeToken({ at, sequence }: Place): string {
  return `page_${Buffer.from(`${at}:${sequence}`).toString("base64url")}`;
}

function decodeToken(token: string): Place {
  const [at, sequence] = Buffer.from(token.replace(/^page_/, ""), "base64url")
    .toString()
    .split(":")
    .map(Number);
  if (!token.startsWith("page_") || at === undefined || sequence === undefined || Number.isNaN(at + sequence)) {
    throw invalidRequest("page: the page token is not valid");
  }
  return { at, sequence };
}

/** How many items the page holds at most. Throws 400 for a bad `limit`. */
export function pageLimit({ query, defaultLimit = 20, maxLimit = 1000, pageSize, faults }: PageLength): number {
  const text = query.get("limit") ?? String(defaultLimit);
  const limit = Number(text);
  if (!/^\d+$/.test(text)) throw invalidRequest("limit: Input should be a valid integer");
  if (limit < 1) throw invalidRequest("limit: Input should be greater than or equal to 1");
  if (limit > maxLimit) throw invalidRequest(`limit: Input should be less than or equal to ${maxLimit}`);
  return Math.min(limit, pageSize, faults.pageSize);
}
