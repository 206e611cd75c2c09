import type { PageLimit, Pagination } from "../connector.ts";
import type { PaginationRuleSource, PaginationSource, PaginationStyleSource } from "../schema/pagination.ts";

type Style = Exclude<Pagination, { style: "firstMatch" }>;

/** A listing that is longer than this many pages ends as incomplete. */
export const DEFAULT_MAX_PAGES = 10_000;

/** What a list is taken to do when its manifest does not say: the common styles, told apart by the first page. */
const ASSUMED: Pagination = {
  style: "firstMatch",
  choices: [
    { style: "cursor", param: "page", next: ["next_page"], hasMore: null, limit: null, maxPages: DEFAULT_MAX_PAGES },
    {
      style: "cursor",
      param: "after_id",
      next: ["last_id"],
      hasMore: ["has_more"],
      limit: null,
      maxPages: DEFAULT_MAX_PAGES,
    },
    { style: "link_header", limit: null, maxPages: DEFAULT_MAX_PAGES },
    { style: "none", reason: null },
  ],
};
const NONE: Style = { style: "none", reason: null };

/** `named` are the connector's own; a name that leads nowhere is as if nothing were said. */
export function normalisePagination(
  source: PaginationSource | undefined,
  named: Record<string, PaginationRuleSource> | undefined,
  lists: boolean,
): Pagination {
  const rule = typeof source === "string" ? named?.[source] : source;
  if (rule === undefined) return lists ? ASSUMED : NONE;
  return "firstMatch" in rule ? { style: "firstMatch", choices: rule.firstMatch.map(style) } : style(rule);
}

/** Styles that the engine does not run are refused at load (`rules/unsupported.ts`). */
function style(source: PaginationStyleSource): Style {
  switch (source.style) {
    case "cursor":
      return {
        style: "cursor",
        param: source.param,
        next: source.next,
        hasMore: source.hasMore ?? null,
        limit: limit(source.limit),
        maxPages: source.maxPages ?? DEFAULT_MAX_PAGES,
      };
    case "link_header":
      return { style: "link_header", limit: limit(source.limit), maxPages: source.maxPages ?? DEFAULT_MAX_PAGES };
    case "none":
      return { style: "none", reason: source.reason ?? null };
    default:
      return NONE;
  }
}

function limit(source: PageLimit | undefined): PageLimit | null {
  return source ?? null;
}
