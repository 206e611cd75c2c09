import fc from "fast-check";
import { expect, test } from "vitest";
import type { OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import { listPages } from "../../src/engine/paginate.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import type { OperationSource } from "../../src/manifest/schema/operation.ts";
import type { Http, HttpRequest } from "../../src/net/port.ts";
import { callOf, connectorOf, openRig } from "../engine/rig.ts";
import { bodyOf } from "../support/http-body.ts";

/** A way of paging: how a manifest says it, and an API that does it. `index` is the page that is asked for. */
interface Paging {
  source?: OperationSource["pagination"];
  index(asked: Asked, pages: Json[][]): number;
  marks(index: number, pages: Json[][]): JsonObject;
  headers?(index: number, pages: Json[][]): Record<string, string>;
}

/** What a request says, wherever it says it. */
interface Asked {
  path: string;
  query: URLSearchParams;
  body: JsonObject;
}

const isLast = (index: number, pages: Json[][]) => index + 1 >= pages.length;
const nextOf = (index: number, pages: Json[][]) => (isLast(index, pages) ? null : String(index + 1));
const before = (index: number, pages: Json[][]) => pages.slice(0, index).flat().length;
/** The first page that begins at this record and is not empty: what an offset leads to. */
const pageAt = (from: number, pages: Json[][]) =>
  pages.findIndex((page, n) => page.length > 0 && before(n, pages) === from);

const ANY: Record<string, Paging> = {
  "a token that nobody described": {
    index: ({ query }) => Number(query.get("page") ?? 0),
    marks: (index, pages) => ({ next_page: nextOf(index, pages) }),
  },
  "an id that nobody described": {
    index: ({ query }) => Number(query.get("after_id") ?? 0),
    marks: (index, pages) => ({ has_more: !isLast(index, pages), last_id: nextOf(index, pages) }),
  },
  "a token in the body": {
    source: { style: "cursor", param: "at.token", in: "body", next: ["next"] },
    index: ({ body }) => Number((body.at as JsonObject | undefined)?.token ?? 0),
    marks: (index, pages) => ({ next: isLast(index, pages) ? null : index + 1 }),
  },
  "pages that are counted": {
    source: { style: "page", param: "page", pages: ["pages"] },
    index: ({ query }) => Number(query.get("page") ?? 1) - 1,
    marks: (_index, pages) => ({ pages: pages.length }),
  },
  "pages that say whether there is more": {
    source: { style: "page", param: "page", first: 0, in: "body", hasMore: ["more"] },
    index: ({ body }) => Number(body.page ?? 0),
    marks: (index, pages) => ({ more: !isLast(index, pages) }),
  },
  "a link in the body": {
    source: { style: "next_url", next: ["next"] },
    index: ({ path }) => Number(/\/page-(\d+)$/.exec(path)?.[1] ?? 0),
    marks: (index, pages) => ({ next: isLast(index, pages) ? null : `/items/page-${index + 1}` }),
  },
  "a Link header": {
    source: { style: "link_header" },
    index: ({ query }) => Number(query.get("p") ?? 0),
    marks: () => ({}),
    headers: (index, pages): Record<string, string> =>
      isLast(index, pages) ? { link: '</items>; rel="first"' } : { link: `</items?p=${index + 1}>; rel="next"` },
  },
};

/** Ways in which an empty page can only be the last. */
const NO_GAPS: Record<string, Paging> = {
  "pages, to an empty one": {
    source: { style: "page", param: "page" },
    index: ({ query }) => Number(query.get("page") ?? 1) - 1,
    marks: () => ({}),
  },
  "offsets, to an empty page": {
    source: { style: "offset", param: "from" },
    index: ({ query }, pages) => pageAt(Number(query.get("from") ?? 0), pages),
    marks: () => ({}),
  },
  "offsets from one, with a total": {
    source: { style: "offset", param: "from", first: 1, in: "body", total: ["total"] },
    index: ({ body }, pages) => pageAt(Number(body.from ?? 1) - 1, pages),
    marks: (_index, pages) => ({ total: pages.flat().length }),
  },
};

const sizes = (least: number) => fc.array(fc.integer({ min: least, max: 9 }), { minLength: 1, maxLength: 8 });

test.each([
  ...Object.entries(ANY).map(([name, paging]) => [name, paging, sizes(0)] as const),
  ...Object.entries(NO_GAPS).map(([name, paging]) => [name, paging, sizes(1)] as const),
])(
  "a list cut into any pages, by %s, is listed whole and in order, all at once and page by page",
  async (_name, paging, cut) => {
    await fc.assert(
      fc.asyncProperty(cut, async (lengths) => {
        const rig = openRig();
        let id = 0;
        const pages = lengths.map((length) => Array.from({ length }, () => ++id));
        const deps = { ...rig.deps, http: serving(pages, paging) };
        const listed: Json[] = [];
        const source = listPages(deps, callIn(paging));
        let step = await source.next();
        for (; !step.done; step = await source.next()) listed.push(...(step.value.records ?? []));
        expect(listed).toEqual(pages.flat());
        expect(step.value).toMatchObject({ complete: true, reason: null });
        expect(await walked(deps, callIn(paging))).toEqual(pages.flat());
        await rig.close();
      }),
      { numRuns: 40 },
    );
  },
);

function callIn({ source }: Paging): OperationCall {
  const list: OperationSource = {
    method: "POST",
    kind: "query",
    response: { records: ["data"] },
    body: { encoding: "json" },
    ...(source === undefined ? {} : { pagination: source }),
  };
  return callOf(connectorOf({ operations: { list } }), "list", "http://127.0.0.1:9");
}

async function walked(deps: Parameters<typeof execute>[0], call: OperationCall): Promise<Json[]> {
  const records: Json[] = [];
  for (let input: JsonObject | null = {}; input !== null; ) {
    const reply = await execute(deps, { ...call, input });
    if (reply.kind !== "list") throw new Error("no list");
    records.push(...reply.value);
    input = reply.nextCursor === null ? null : { cursor: reply.nextCursor };
  }
  return records;
}

function serving(pages: Json[][], paging: Paging): Http {
  return async (request) => {
    const index = paging.index(askedBy(request), pages);
    const answer = JSON.stringify({ data: pages[index] ?? [], ...paging.marks(index, pages) });
    return {
      status: 200,
      headers: { "content-type": "application/json", ...paging.headers?.(index, pages) },
      body: bodyOf(answer),
    };
  };
}

function askedBy({ url, body }: HttpRequest): Asked {
  const { pathname, searchParams } = new URL(url);
  return { path: pathname, query: searchParams, body: JSON.parse(String(body)) as JsonObject };
}
