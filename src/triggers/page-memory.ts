import type { ListPage, OperationCall, RememberedPage } from "../engine/call.ts";
import type { ListPart, TextBlock } from "../engine/page-cut.ts";
import { leadsOnFrom, withToken } from "../engine/paging.ts";
import type { NumberRange, StoredCut, StoredPage } from "../model/poller.ts";
import type { PollerStore } from "../store/contract.ts";
import type { Seen } from "./seen.ts";

type Reads = Pick<PollerStore, "page" | "pageCut" | "pagesAmong" | "pageCursors">;
type Recalled = Omit<StoredPage, "cut">;
type PageParts = NonNullable<ListPage["cut"]>;

/** Where to go on, and which piece of the page ends with the record behind which that is; null where none is known to. */
export interface Onward {
  next: string | null;
  anchor: number | null;
}

/**
 * The pages of a listing as they were last read. One whose bytes are the same holds what is stored, and need not be looked at;
 * of one that changed, the pieces that are the same need not. They are trusted only while every item is as it was when the
 * last listing was complete: the first change of an item takes the trust away, the end of a complete sweep gives it back
 * (`StoredPoller.pagesPrint`).
 */
export class PageMemory {
  readonly #reads: Reads;
  readonly #pollerId: string;
  readonly #isTrusted: boolean;
  readonly #visited = new Set<string>();
  #recalled: Recalled | null = null;
  #cut: StoredCut | null = null;
  #read: StoredPage[] = [];
  #dropped: string[] = [];

  /** `isTrusted` is false while what is remembered may not be taken. */
  constructor(reads: Reads, pollerId: string, isTrusted: boolean) {
    this.#reads = reads;
    this.#pollerId = pollerId;
    this.#isTrusted = isTrusted;
  }

  /**
   * The page that begins at a place, if it may be taken as it is remembered: not when a condition on time has come due for one
   * of its items, nor when this sweep found one of them changed on another page.
   */
  async recall(place: string | null, now: number, moved: Seen): Promise<RememberedPage | null> {
    this.#cut = null;
    this.#recalled = this.#isTrusted ? await this.#reads.page(this.#pollerId, cursorOf(place)) : null;
    const page = this.#recalled;
    if (page === null || (page.dueAt !== null && page.dueAt <= now) || moved.hasAny(page.items)) return null;
    return {
      ...page,
      cut: async () => {
        this.#cut = await this.#reads.pageCut(this.#pollerId, page.cursor);
        return this.#cut;
      },
    };
  }

  /** The page that was recalled last, and turned out to be as it was. */
  takeRecalled(place: string | null): Recalled {
    const page = this.#recalled;
    if (page?.cursor !== cursorOf(place)) throw new Error(`the page at ${place} was not recalled`);
    this.#visited.add(page.cursor);
    return page;
  }

  /** The items of a piece that is as it was. */
  itemsOf(kept: TextBlock): NumberRange[] {
    return this.#cut?.blocks.find((block) => block === kept)?.items ?? [];
  }

  /** When a condition on time comes due for a record of the page that was recalled last. */
  get recalledDueAt(): number | null {
    return this.#recalled?.dueAt ?? null;
  }

  /**
   * Where to go on after a page that changed. In a list paged by id every item's key is a place: the last one on the page
   * that a known page begins at leads back to what has not changed, however many items came or went before it. `keys` are
   * those of the records that were parsed, in the order of the page.
   */
  async placeAfter(operation: OperationCall["operation"], page: ListPage, keys: readonly string[]): Promise<Onward> {
    const { next = null, cut } = page;
    const natural = { next, anchor: cut && cut.parts.length - 1 };
    if (!this.#isTrusted || next === null || !this.#isById(operation, page, keys)) return natural;
    if ((await this.#unvisited([next])).length > 0) return natural;
    if (cut && isPartly(cut)) return (await this.#asBefore(cut)) ?? natural;
    const places = keys.map((key) => withToken(next, key));
    const known = new Set(await this.#unvisited(places));
    const back = places.findLast((place) => known.has(place));
    return back === undefined ? natural : { next: back, anchor: null };
  }

  /** True when the next page begins behind the last record; of one that was not parsed, when it was so before. */
  #isById(operation: OperationCall["operation"], { next, cut }: ListPage, keys: readonly string[]): boolean {
    const last = cut?.parts.at(-1);
    if (last && "kept" in last) return this.#cut !== null && this.#cut.anchor < this.#cut.blocks.length - 1;
    return typeof next === "string" && leadsOnFrom(operation, next, keys.at(-1));
  }

  /** Where the page led to before, if that record is still on its second half: nearer to its front, too much would be read twice. */
  async #asBefore({ parts }: PageParts): Promise<Onward | null> {
    const before = this.#cut?.blocks[this.#cut.anchor];
    const anchor = parts.findIndex((part) => "kept" in part && part.kept === before);
    const { next = null, records = 0 } = this.#recalled ?? {};
    if (anchor < 0 || next === null || (await this.#unvisited([next])).length === 0) return null;
    const behind = parts.slice(anchor + 1).reduce((sum, part) => sum + recordsOf(part), 0);
    return behind > records / 2 ? null : { next, anchor };
  }

  async #unvisited(places: string[]): Promise<string[]> {
    const known = await this.#reads.pagesAmong(this.#pollerId, places);
    return known.filter((place) => !this.#visited.has(place));
  }

  /** Remembers a page that was read. */
  keep(page: StoredPage): void {
    this.#visited.add(page.cursor);
    this.#read.push(page);
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

/** True when pieces of a page are as they were, and were not parsed. */
export function isPartly({ parts }: PageParts): boolean {
  return parts.some((part) => "kept" in part);
}

/** The name that a place is stored by. */
export function cursorOf(place: string | null): string {
  return place ?? "";
}

function recordsOf(part: ListPart): number {
  return "kept" in part ? part.kept.records : part.records.length;
}
