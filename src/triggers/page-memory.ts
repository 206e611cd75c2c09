import type { ListPage, OperationCall, RememberedPage } from "../engine/call.ts";
import { leadsOnFrom, withToken } from "../engine/paging.ts";
import type { StoredPage } from "../model/poller.ts";
import type { PollerStore } from "../store/contract.ts";
import type { Seen } from "./seen.ts";

type Reads = Pick<PollerStore, "page" | "pagesAmong" | "pageCursors">;

/**
 * The pages of a listing as they were last read. One whose bytes are the same holds what is stored, and need not be looked at.
 * They are trusted only while every item is as it was when the last listing was complete: the first change of an item takes
 * the trust away, the end of a complete sweep gives it back (`StoredPoller.pagesPrint`).
 */
export class PageMemory {
  readonly #reads: Reads;
  readonly #pollerId: string;
  readonly #isKept: boolean;
  readonly #isTrusted: boolean;
  readonly #visited = new Set<string>();
  #recalled: StoredPage | null = null;
  #read: StoredPage[] = [];
  #dropped: string[] = [];

  /** `isKept` is false for a poller that remembers no pages, `isTrusted` while those that it remembers may not be taken. */
  constructor(reads: Reads, pollerId: string, { isKept, isTrusted }: { isKept: boolean; isTrusted: boolean }) {
    this.#reads = reads;
    this.#pollerId = pollerId;
    this.#isKept = isKept;
    this.#isTrusted = isTrusted;
  }

  /**
   * The page that begins at a place, if it may be taken as it is remembered: not when a condition on time has come due for one
   * of its items, nor when this sweep found one of them changed on another page.
   */
  async recall(place: string | null, now: number, moved: Seen): Promise<RememberedPage | null> {
    this.#recalled = this.#isTrusted ? await this.#reads.page(this.#pollerId, cursorOf(place)) : null;
    const page = this.#recalled;
    if (page === null || (page.dueAt !== null && page.dueAt <= now) || moved.hasAny(page.items)) return null;
    return page;
  }

  /** The page that was recalled last, and turned out to be as it was. */
  takeRecalled(place: string | null): StoredPage {
    const page = this.#recalled;
    if (page?.cursor !== cursorOf(place)) throw new Error(`the page at ${place} was not recalled`);
    this.#visited.add(page.cursor);
    return page;
  }

  /**
   * Where to go on after a page that changed. In a list paged by id every item's key is a place: the last one on the page
   * that a known page begins at leads back to what has not changed, however many items came or went before it.
   */
  async placeAfter(
    operation: OperationCall["operation"],
    page: ListPage,
    keys: readonly string[],
  ): Promise<string | null> {
    const { next = null } = page;
    if (!this.#isTrusted || next === null || !leadsOnFrom(operation, next, keys.at(-1))) return next;
    if ((await this.#unvisited([next])).length > 0) return next;
    const places = keys.map((key) => withToken(next, key));
    const known = new Set(await this.#unvisited(places));
    return places.findLast((place) => known.has(place)) ?? next;
  }

  async #unvisited(places: string[]): Promise<string[]> {
    const known = await this.#reads.pagesAmong(this.#pollerId, places);
    return known.filter((place) => !this.#visited.has(place));
  }

  /** Remembers a page that was read, with the place to go on from. */
  keep(
    { place, digest, records }: ListPage,
    { items, dueAt }: Pick<StoredPage, "items" | "dueAt">,
    next: string | null,
  ): void {
    if (!this.#isKept) return;
    const cursor = cursorOf(place);
    this.#visited.add(cursor);
    this.#read.push({ cursor, digest, next, records: records?.length ?? 0, items, dueAt });
  }

  /** How many pages wait for the next commit. */
  get waiting(): number {
    return this.#read.length;
  }

  /** What the next commit stores. */
  take(): { pages: StoredPage[]; dropPages: string[] } {
    const waiting = { pages: this.#read, dropPages: this.#dropped };
    this.#read = [];
    this.#dropped = [];
    return waiting;
  }

  /** Has the next commit drop what a complete listing did not come to, or could not keep. */
  async dropUnvisited(): Promise<void> {
    const cursors = await this.#reads.pageCursors(this.#pollerId);
    this.#dropped = cursors.filter((cursor) => !this.#visited.has(cursor));
  }
}

function cursorOf(place: string | null): string {
  return place ?? "";
}
