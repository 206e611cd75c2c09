import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ListEnd, OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import { type ListOptions, listPages } from "../../src/engine/paginate.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { encodeCursor } from "../../src/kernel/page.ts";
import type { OperationSource } from "../../src/manifest/schema/operation.ts";
import { type Answer, json, Upstream } from "../support/upstream.ts";
import { callOf, connectorOf, openRig, type Rig } from "./rig.ts";

let upstream: Upstream;
let rig: Rig;
beforeEach(async () => {
  rig = openRig();
  upstream = await Upstream.start();
});
afterEach(async () => {
  await rig.close();
  await upstream.stop();
});

type PagingSource = OperationSource["pagination"];

function callWith(
  pagination: PagingSource,
  more: Partial<OperationSource> = {},
  input: JsonObject = {},
): OperationCall {
  const list: OperationSource = {
    method: "GET",
    response: { records: ["data"] },
    ...more,
    ...(pagination && { pagination }),
  };
  return callOf(connectorOf({ operations: { list } }), "list", upstream.url, input);
}

async function listing(call: OperationCall, options?: ListOptions): Promise<{ records: Json[]; end: ListEnd }> {
  const records: Json[] = [];
  const source = listPages(rig.deps, call, options);
  for (let step = await source.next(); ; step = await source.next()) {
    if (step.done) return { records, end: step.value };
    records.push(...(step.value.records ?? []));
  }
}

/** The whole list by one page a call, each with the cursor that the one before gave. */
async function walked(call: OperationCall): Promise<Json[]> {
  const records: Json[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const input = cursor === "" ? call.input : { ...call.input, cursor };
    const reply = await execute(rig.deps, { ...call, input });
    if (reply.kind !== "list") throw new Error("no list");
    records.push(...reply.value);
    cursor = reply.nextCursor;
  }
  return records;
}

const LIMIT = { param: "size", max: 2 };
const ALL = ["a", "b", "c", "d", "e"];
const asked = () => upstream.seen.map(({ url }) => url);
const bodies = () => upstream.seen.map(({ body }) => JSON.parse(body.toString()) as Json);

/** An API that cuts ALL by the number of the page, or of its first record, which `at` reads from a request. */
function cutting(at: (params: URLSearchParams) => number, marks: (from: number) => JsonObject = () => ({})): Answer {
  return (response, { url }) => {
    const from = at(new URL(url, "http://x").searchParams);
    return json({ data: ALL.slice(from, from + 2), ...marks(from) })(response, { url } as never);
  };
}
const byPage = (first: number) => (params: URLSearchParams) => (Number(params.get("page") ?? first) - first) * 2;
const byOffset = (first: number) => (params: URLSearchParams) => Number(params.get("start") ?? first) - first;

const STYLES: [string, PagingSource, Answer, number][] = [
  ["pages, to one that is short", { style: "page", param: "page", limit: LIMIT }, cutting(byPage(1)), 3],
  ["pages of no known size, to an empty one", { style: "page", param: "page" }, cutting(byPage(1)), 4],
  ["pages from nought", { style: "page", param: "page", first: 0, limit: LIMIT }, cutting(byPage(0)), 3],
  [
    "pages that are counted",
    { style: "page", param: "page", pages: ["meta", "pages"] },
    cutting(byPage(1), () => ({ meta: { pages: 3 } })),
    3,
  ],
  [
    "pages that say whether there is more",
    { style: "page", param: "page", hasMore: ["more"] },
    cutting(byPage(1), (from) => ({ more: from < 4 })),
    3,
  ],
  ["offsets, to a short page", { style: "offset", param: "start", limit: LIMIT }, cutting(byOffset(0)), 3],
  ["offsets of no known size, to an empty page", { style: "offset", param: "start" }, cutting(byOffset(0)), 4],
  [
    "offsets from one, with a total",
    { style: "offset", param: "start", first: 1, total: ["total"] },
    cutting(byOffset(1), () => ({ total: 5 })),
    3,
  ],
  [
    "the first style that the page speaks, of several",
    {
      firstMatch: [
        { style: "cursor", param: "t", next: ["next"] },
        { style: "offset", param: "start", total: ["total"] },
      ],
    },
    cutting(byOffset(0), () => ({ total: 5 })),
    3,
  ],
];

describe.each(STYLES)("a list by %s", (_name, style, answer, pages) => {
  test("is listed whole, and one page a call", async () => {
    upstream.script(answer);
    expect(await listing(callWith(style))).toEqual({ records: ALL, end: { complete: true, reason: null, pages } });
    expect(upstream.seen).toHaveLength(pages);
    expect(await walked(callWith(style))).toEqual(ALL);
  });
});

test("pages and sizes are asked for by number, and a caller's own size counts", async () => {
  upstream.script(cutting(byPage(1)));
  await listing(callWith({ style: "page", param: "page", limit: LIMIT }));
  expect(asked()).toEqual(["/items?size=2", "/items?size=2&page=2", "/items?size=2&page=3"]);
  upstream.script(json({ data: ["a"] }));
  const call = callWith({ style: "page", param: "page", limit: LIMIT }, {}, { limit: 1 });
  await execute(rig.deps, call);
  expect(asked().at(-1)).toBe("/items?size=1");
});

describe("a list by number", () => {
  const style: PagingSource = { style: "page", param: "page", hasMore: ["more"] };

  test("that gives the same page again is not complete: the number does nothing", async () => {
    upstream.script(json({ data: ["a", "b"], more: true }));
    const { end } = await listing(callWith(style));
    expect(end).toEqual({ complete: false, reason: "repeated_page", pages: 2 });
  });

  test("goes on over empty pages that are said to be followed by another, up to the cap", async () => {
    upstream.script(json({ data: [], more: true }), json({ data: [], more: true }), json({ data: ["z"], more: false }));
    expect((await listing(callWith(style))).records).toEqual(["z"]);
    upstream.script(json({ data: [], more: true }));
    expect((await listing(callWith(style), { maxPages: 3 })).end).toEqual({
      complete: false,
      reason: "page_cap",
      pages: 3,
    });
  });

  test("that cannot move on is not complete", async () => {
    upstream.script(json({ data: [], total: 9 }));
    const { end } = await listing(callWith({ style: "offset", param: "start", total: ["total"] }));
    expect(end).toEqual({ complete: false, reason: "no_token", pages: 1 });
  });

  test("that lacks its own marks is judged as one that says nothing", async () => {
    upstream.script(json({ data: Array.from({ length: 20 }, (_, n) => n) }));
    expect((await listing(callWith(style))).end).toMatchObject({ complete: false, reason: "unpaged" });
  });

  test("ends at the item cap", async () => {
    upstream.script(cutting(byPage(1)));
    const { end } = await listing(callWith({ style: "page", param: "page" }), { maxItems: 4 });
    expect(end).toEqual({ complete: false, reason: "item_cap", pages: 2 });
  });
});

describe("a list by the next page's address", () => {
  const style: PagingSource = { style: "next_url", next: ["links", "next"], limit: LIMIT };
  const page = (record: string, next: string | null): Answer => json({ data: [record], links: { next } });

  test.each([
    ["whole", (path: string) => `${upstream.url}${path}`],
    ["relative", (path: string) => path],
  ])("(%s) follows its query, and its path below the operation's own", async (_name, at) => {
    const pages = () => [page("a", at("/items?page=2&size=2")), page("b", at("/items/next/x%2Fy")), page("c", null)];
    upstream.script(...pages());
    const { records, end } = await listing(callWith(style));
    expect([records, end.complete]).toEqual([["a", "b", "c"], true]);
    expect(asked()).toEqual(["/items?size=2", "/items?page=2&size=2", "/items/next/x%2Fy"]);
    upstream.script(...pages());
    expect(await walked(callWith(style))).toEqual(["a", "b", "c"]);
  });

  test("gives no cursor that holds the credential, where the API repeats it in its links", async () => {
    const auth = { method: "api_token" as const, in: "query" as const, name: "key", fields: [{ name: "apiKey" }] };
    const list: OperationSource = { method: "GET", response: { records: ["data"] }, pagination: style };
    const call = callOf(connectorOf({ operations: { list } }, { auth }), "list", upstream.url);
    upstream.script(
      (response, seen) => page("a", `${upstream.url}${seen.url}&page=2`)(response, seen),
      page("b", null),
    );
    const reply = await execute(rig.deps, call);
    const cursor = reply.kind === "list" ? String(reply.nextCursor) : "";
    expect(Buffer.from(cursor, "base64url").toString()).toBe('"0:?page=2"');
    await execute(rig.deps, { ...call, input: { cursor } });
    expect(asked().at(-1)).toBe("/items?page=2&key=sk-secret-1");
  });

  test("that leads to another host is refused", async () => {
    upstream.script(page("a", "https://evil.example/items?page=2"));
    await expect(listing(callWith(style))).rejects.toMatchObject({
      code: "upstream_invalid",
      message: expect.stringContaining("evil.example"),
    });
  });

  test("that leads to another operation is refused, or only its query is used", async () => {
    upstream.script(page("a", "/admin/keys"));
    await expect(listing(callWith(style))).rejects.toMatchObject({ code: "upstream_invalid" });
    upstream.script(page("a", "/admin/keys?page=2"), page("b", null));
    await listing(callWith(style));
    expect(asked().at(-1)).toBe("/items?size=2&page=2");
  });

  test("that comes again is not complete", async () => {
    upstream.script(page("a", "/items?page=2"));
    expect((await listing(callWith(style))).end).toEqual({ complete: false, reason: "repeated_token", pages: 2 });
  });

  test.each(["/../admin", "/%2e%2e/admin", ".evil", "/x/../../admin?y=1", "\\..\\..\\admin"])(
    "cannot be made up by a caller to lead elsewhere: %s",
    async (token) => {
      const cursor = encodeCursor(`0:${token}`);
      await expect(execute(rig.deps, callWith(style, {}, { cursor }))).rejects.toMatchObject({
        code: "invalid_cursor",
      });
      expect(upstream.seen).toEqual([]);
    },
  );
});

describe("a list that is asked for in a body", () => {
  const search: Partial<OperationSource> = {
    method: "POST",
    kind: "query",
    input: [{ name: "q", type: "String" }],
    body: { encoding: "json", passthrough: true },
  };

  test("carries its token and its size there, with their types, into objects by dots", async () => {
    const style: PagingSource = {
      style: "cursor",
      param: "page.after",
      in: "body",
      next: ["next"],
      limit: { param: "page.size", max: 50 },
    };
    const pages = () => [
      json({ data: ["a"], next: 7 }),
      json({ data: ["b"], next: "7" }),
      json({ data: ["c"], next: null }),
    ];
    upstream.script(...pages());
    const call = callWith(style, search, { q: "x" });
    expect((await listing(call)).records).toEqual(["a", "b", "c"]);
    expect(asked()).toEqual(["/items", "/items", "/items"]);
    const whole = [
      { q: "x", page: { size: 50 } },
      { q: "x", page: { size: 50, after: 7 } },
      { q: "x", page: { size: 50, after: "7" } },
    ];
    expect(bodies()).toEqual(whole);
    upstream.script(...pages());
    expect(await walked({ ...call, input: { q: "x", limit: 3 } })).toEqual(["a", "b", "c"]);
    expect(bodies().slice(3)).toEqual(whole.map((body) => ({ ...body, page: { ...body.page, size: 3 } })));
  });

  test("counts on from the number that it asked for itself", async () => {
    const style: PagingSource = { style: "offset", param: "from", in: "body", total: ["total"], limit: LIMIT };
    upstream.script((response, seen) => {
      const { from = 0 } = JSON.parse(seen.body.toString()) as { from?: number };
      return json({ data: ALL.slice(from, from + 2), total: 5 })(response, seen);
    });
    expect((await listing(callWith(style, search))).records).toEqual(ALL);
    expect(bodies()).toEqual([{ size: 2 }, { size: 2, from: 2 }, { size: 2, from: 4 }]);
  });

  test("may be a form", async () => {
    const style: PagingSource = { style: "page", param: "page", in: "body", pages: ["pages"] };
    upstream.script(json({ data: ["a"], pages: 2 }), json({ data: ["b"], pages: 2 }));
    const form: Partial<OperationSource> = { ...search, body: { encoding: "form", passthrough: true } };
    expect((await listing(callWith(style, form, { q: "x&y" }))).records).toEqual(["a", "b"]);
    expect(upstream.seen.map(({ body }) => body.toString())).toEqual(["q=x%26y", "q=x%26y&page=2"]);
  });

  test.each(["{}", "[1]", "null", "x"])("takes no made-up token that is no text or number: %s", async (token) => {
    const style: PagingSource = { style: "cursor", param: "after", in: "body", next: ["next"] };
    const cursor = encodeCursor(`0:${token}`);
    await expect(execute(rig.deps, callWith(style, search, { cursor }))).rejects.toMatchObject({
      code: "invalid_cursor",
    });
  });
});
