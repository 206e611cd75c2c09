import type { Selector } from "./select.ts";

/** How a listing goes on from page to page. `maxPages` ends it as incomplete. */
export type Pagination =
  | { style: "none"; reason: string | null }
  /** The answer gives a token for the next page. */
  | {
      style: "cursor";
      param: string;
      in: Place;
      next: Selector;
      hasMore: Selector | null;
      limit: PageLimit | null;
      maxPages: number;
    }
  /** Pages have numbers; `pages` selects how many there are. */
  | {
      style: "page";
      param: string;
      in: Place;
      first: number;
      hasMore: Selector | null;
      pages: Selector | null;
      limit: PageLimit | null;
      maxPages: number;
    }
  /** A page begins at the number of its first record; `total` selects how many records there are. */
  | {
      style: "offset";
      param: string;
      in: Place;
      first: number;
      hasMore: Selector | null;
      total: Selector | null;
      limit: PageLimit | null;
      maxPages: number;
    }
  | { style: "link_header"; limit: PageLimit | null; maxPages: number }
  /** The answer gives the address of the next page. */
  | { style: "next_url"; next: Selector; limit: PageLimit | null; maxPages: number }
  /** The first style whose `next` can be found in the first page is used for the listing. */
  | { style: "firstMatch"; choices: Exclude<Pagination, { style: "firstMatch" }>[] };

/** Where a parameter of paging goes. In a body its name may lead into an object: `variables.after`. */
type Place = "query" | "body";

export interface PageLimit {
  param: string;
  in: Place;
  /** The largest page the API gives. */
  max: number;
}
