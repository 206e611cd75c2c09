import { z } from "zod";
import { strict, strictBranch, strictUnion } from "./object.ts";
import { selector, variable } from "./parts.ts";

const limit = strict({
  param: z.string(),
  max: z.number().int().min(1).describe("The largest page that the API gives."),
}).optional();
const maxPages = z.number().int().min(1).optional();
const place = z
  .enum(["query", "body"])
  .optional()
  .describe("Where the parameters go; `query` unless said. In a body `a.b` is the member `b` of the object `a`.");
const hasMore = selector.optional().describe("Where the answer says whether there is another page.");

const style = strictUnion("style", [
  strictBranch({
    style: z.literal("none"),
    reason: z.string().min(1).optional().describe("Why one answer is the whole list."),
  }),
  strictBranch({
    style: z.literal("cursor"),
    param: z.string(),
    in: place,
    next: selector,
    hasMore,
    limit,
    maxPages,
  }),
  strictBranch({
    style: z.literal("page"),
    param: z.string(),
    in: place,
    first: z.number().int().optional().describe("Number of the first page; 1 unless said."),
    hasMore,
    pages: selector.optional().describe("Where the answer says how many pages there are."),
    limit,
    maxPages,
  }),
  strictBranch({
    style: z.literal("offset"),
    param: z.string(),
    in: place,
    first: z.number().int().optional().describe("Number of the first record; 0 unless said."),
    hasMore,
    total: selector.optional().describe("Where the answer says how many records there are."),
    limit,
    maxPages,
  }),
  strictBranch({ style: z.literal("link_header"), limit, maxPages }),
  strictBranch({
    style: z.literal("next_url"),
    next: selector.describe("Where the answer gives the address of the next page, whole or relative."),
    limit,
    maxPages,
  }),
]);

/** How a listing goes on: one style, or the first whose next can be found in the first page. */
export const paginationRule = z.union([style, strict({ firstMatch: z.array(style).min(1) })]);

/** The name of one of the connector's `paginations`, or a rule of its own. */
export const pagination = z.union([variable, paginationRule]);

export type PaginationStyleSource = z.infer<typeof style>;
export type PaginationRuleSource = z.infer<typeof paginationRule>;
export type PaginationSource = z.infer<typeof pagination>;
