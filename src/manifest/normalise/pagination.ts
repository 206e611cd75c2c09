import type { Pagination, Param } from "../connector.ts";
import type { PaginationRuleSource, PaginationSource, PaginationStyleSource } from "../schema/pagination.ts";

type Style = Exclude<Pagination, { style: "firstMatch" }>;

/** A listing that is longer than this many pages ends as incomplete. */
export const DEFAULT_MAX_PAGES = 10_000;

/** What a list is taken to do when its manifest does not say: the common styles, told apart by the first page. */
const ASSUMED: Pagination = {
  style: "firstMatch",
  choices: [
    style({ style: "cursor", param: "page", next: ["next_page"] }),
    style({ style: "cursor", param: "after_id", next: ["last_id"], hasMore: ["has_more"] }),
    style({ style: "link_header" }),
    style({ style: "none" }),
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

function style(source: PaginationStyleSource): Style {
  if (source.style === "none") return { style: "none", reason: source.reason ?? null };
  const place = "in" in source ? (source.in ?? "query") : "query";
  const limit = source.limit ? { ...source.limit, in: place } : null;
  const size = { limit, maxPages: source.maxPages ?? DEFAULT_MAX_PAGES };
  if (source.style === "link_header") return { style: "link_header", ...size };
  if (source.style === "next_url") return { style: "next_url", next: source.next, ...size };
  const asked = { param: source.param, in: place, hasMore: source.hasMore ?? null, ...size };
  switch (source.style) {
    case "cursor":
      return { style: "cursor", next: source.next, ...asked };
    case "page":
      return { style: "page", first: source.first ?? 1, pages: source.pages ?? null, ...asked };
    case "offset":
      return { style: "offset", first: source.first ?? 0, total: source.total ?? null, ...asked };
  }
}

/** The inputs by which a caller walks any list that has pages, beside the API's own; `declared` ones keep their meaning. */
export function pagingInputs(pagination: Pagination, declared: Param[]): Param[] {
  const styles = pagination.style === "firstMatch" ? pagination.choices : [pagination];
  const paged = styles.filter((choice) => choice.style !== "none");
  if (paged.length === 0) return [];
  const max = paged.map((choice) => choice.limit?.max).find((size) => size !== undefined);
  const inputs: Param[] = [
    { name: "cursor", type: "String", required: false, description: "The page: `next_cursor` of the one before" },
  ];
  if (max !== undefined) {
    inputs.push({
      name: "limit",
      type: "Integer",
      required: false,
      min: 1,
      max,
      description: `How many on one page: 1 to ${max}`,
    });
  }
  return inputs.filter((input) => !declared.some((param) => param.name === input.name));
}
