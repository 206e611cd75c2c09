import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ListEnd, ListPage, OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import { type ListOptions, listPages } from "../../src/engine/paginate.ts";
import type { Json } from "../../src/kernel/json.ts";
import type { OperationSource } from "../../src/manifest/schema/operation.ts";
import type { Reply } from "../../src/model/reply.ts";
import { type Answer, json, text, Upstream } from "../support/upstream.ts";
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

const token: OperationSource["pagination"] = {
  style: "cursor",
  param: "page",
  next: ["next_page"],
  limit: { param: "limit", max: 100 },
};
const id: OperationSource["pagination"] = {
  style: "cursor",
  param: "after_id",
  next: ["last_id"],
  hasMore: ["has_more"],
  limit: { param: "limit", max: 100 },
};
const link: OperationSource["pagination"] = { style: "link_header", limit: { param: "per_page", max: 50 } };

function callWith(pagination: OperationSource["pagination"], input: Record<string, unknown> = {}): OperationCall {
  const connector = connectorOf(
    {
      operations: {
        list: {
          method: "GET",
          input: [
            { name: "limit", type: "Integer" },
            { name: "q", type: "String" },
          ],
          queryParams: { limit: { value: "{{limit}}" }, q: { value: "{{q}}" } },
          ...(pagination && { pagination }),
        },
      },
    },
    { allowedHosts: ["cdn.shop.example"] },
  );
  return callOf(connector, "list", upstream.url, input);
}

async function listing(call: OperationCall, options?: ListOptions): Promise<{ pages: ListPage[]; end: ListEnd }> {
  const pages: ListPage[] = [];
  const source = listPages(rig.deps, call, options);
  for (let step = await source.next(); ; step = await source.next()) {
    if (step.done) return { pages, end: step.value };
    pages.push(step.value);
  }
}

const items = (...names: string[]) => names.map((name) => ({ id: name }));
const many = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `i${index}` }));
const page = (data: Json, rest: Record<string, Json> = {}): Answer => json({ data, ...rest });
const asked = () => upstream.seen.map(({ url }) => url);

test("a page whose link must not be followed is given before the error; a caller's list is refused", async () => {
  const astray = json({ data: items("a") }, 200, { link: "<https://evil.example/items?page=3>; rel=next" });
  upstream.script(astray, astray);
  const source = listPages(rig.deps, callWith(link));
  expect(await source.next()).toMatchObject({ done: false, value: { records: items("a"), next: undefined } });
  const refusal = { code: "upstream_invalid", message: expect.stringContaining("evil.example") };
  await expect(source.next()).rejects.toMatchObject(refusal);
  await expect(execute(rig.deps, callWith(link))).rejects.toMatchObject(refusal);
});

describe("a listing", () => {
  test("by token goes from page to page, asking for the largest page", async () => {
    upstream.script(page(items("a"), { next_page: "t 1" }), page(items("b"), { next_page: null }));
    expect(await listing(callWith(token, { q: "x" }))).toEqual({
      pages: [
        { records: items("a"), place: null, next: "0:t 1", digest: expect.any(String), cut: null },
        { records: items("b"), place: "0:t 1", next: null, digest: expect.any(String), cut: null },
      ],
      end: { complete: true, reason: null, pages: 2 },
    });
    expect(asked()).toEqual(["/items?limit=100&q=x", "/items?limit=100&q=x&page=t%201"]);
  });

  test("asks for pages of the size that its input names", async () => {
    upstream.script(page(items("a"), { next_page: null }));
    await listing(callWith(token, { limit: 7 }));
    expect(asked()).toEqual(["/items?limit=7"]);
  });

  test("by id follows has_more, not the presence of an id", async () => {
    upstream.script(
      page(items("a"), { has_more: true, last_id: "a" }),
      page(items("b"), { has_more: false, last_id: "b" }),
    );
    const { end } = await listing(callWith(id));
    expect(end).toEqual({ complete: true, reason: null, pages: 2 });
    expect(asked()).toEqual(["/items?limit=100", "/items?limit=100&after_id=a"]);
  });

  test("goes on over an empty page that names a next one", async () => {
    upstream.script(page([], { next_page: "t1" }), page(items("b"), { next_page: null }));
    const { pages, end } = await listing(callWith(token));
    expect(pages.map(({ records }) => records?.length)).toEqual([0, 1]);
    expect(end.complete).toBe(true);
  });

  test("by Link header puts the link's query on its own address", async () => {
    upstream.script(
      json({ data: items("a") }, 200, {
        link: `<${upstream.url}/elsewhere/9?page=2&per_page=50>; rel="next", <${upstream.url}/items?page=9>; rel="last"`,
      }),
      json({ data: items("b") }, 200, { link: `<${upstream.url}/items?page=1>; rel="prev"` }),
    );
    const { end } = await listing(callWith(link));
    expect(end).toEqual({ complete: true, reason: null, pages: 2 });
    expect(asked()).toEqual(["/items?per_page=50", "/items?page=2&per_page=50"]);
  });

  test("takes a link to an allowed host, and refuses one to any other", async () => {
    upstream.script(
      json({ data: items("a") }, 200, { link: "<https://cdn.shop.example/items?page=2>; rel=next" }),
      json({ data: items("b") }, 200, { link: "<https://evil.example/items?page=3>; rel=next" }),
    );
    await expect(listing(callWith(link))).rejects.toMatchObject({
      code: "upstream_invalid",
      message: expect.stringContaining("evil.example"),
    });
    expect(asked()).toEqual(["/items?per_page=50", "/items?per_page=50&page=2"]);
  });

  test("of an API that lists all at once, and says so, is complete", async () => {
    upstream.script(page(many(100)));
    const { end } = await listing(callWith({ style: "none", reason: "The API lists everything." }));
    expect(end).toEqual({ complete: true, reason: null, pages: 1 });
  });
});

describe("a listing that nobody described", () => {
  test.each<[string, Answer[], string | null]>([
    ["next_page", [page(items("a"), { next_page: "t" }), page(items("b"), { next_page: null })], "/items?page=t"],
    [
      "has_more",
      [page(items("a"), { has_more: true, last_id: "a" }), page([], { has_more: false, last_id: null })],
      "/items?after_id=a",
    ],
    [
      "a Link header",
      [json({ data: items("a") }, 200, { link: '</items?p=2>; rel="next"' }), page(items("b"))],
      "/items?p=2",
    ],
    ["nothing", [page(items("a"))], null],
    ["an array at its root", [json(items("a"))], null],
  ])("is told apart by its first page: %s", async (_, answers, second) => {
    upstream.script(...answers);
    const { end } = await listing(callWith(undefined));
    expect(end.complete).toBe(true);
    expect(asked()).toEqual(["/items", ...(second === null ? [] : [second])]);
  });

  test("is not taken for a paged one by a Link header about something else", async () => {
    upstream.script(json({ data: many(20) }, 200, { link: '</docs>; rel="help"' }));
    expect((await listing(callWith(undefined))).end).toMatchObject({ complete: false, reason: "unpaged" });
  });

  test("is not complete when its only page is full and names no other", async () => {
    upstream.script(page(many(20)));
    expect((await listing(callWith(undefined))).end).toEqual({ complete: false, reason: "unpaged", pages: 1 });
  });
});

describe("a listing is incomplete", () => {
  test("when a token comes again", async () => {
    upstream.script(
      page(items("a"), { next_page: "t1" }),
      page(items("b"), { next_page: "t2" }),
      page(items("c"), { next_page: "t1" }),
    );
    expect((await listing(callWith(token))).end).toEqual({ complete: false, reason: "repeated_token", pages: 3 });
  });

  test("at the cap of pages, the manifest's or the caller's", async () => {
    let n = 0;
    upstream.script((response, seen) => page(items("a"), { next_page: `t${n++}` })(response, seen));
    const capped = { ...(token as object), maxPages: 3 } as OperationSource["pagination"];
    expect((await listing(callWith(capped))).end).toEqual({ complete: false, reason: "page_cap", pages: 3 });
    expect((await listing(callWith(token), { maxPages: 2 })).end).toEqual({
      complete: false,
      reason: "page_cap",
      pages: 2,
    });
  });

  test("at the cap of items", async () => {
    let n = 0;
    upstream.script((response, seen) => page(items("a", "b"), { next_page: `t${n++}` })(response, seen));
    expect((await listing(callWith(token), { maxItems: 4 })).end).toEqual({
      complete: false,
      reason: "item_cap",
      pages: 2,
    });
  });

  test("but not when a cap is met exactly at the end", async () => {
    upstream.script(page(items("a"), { next_page: null }));
    expect((await listing(callWith(token), { maxItems: 1, maxPages: 1 })).end.complete).toBe(true);
  });

  test("when there is more, but not said where", async () => {
    upstream.script(page(items("a"), { has_more: true, last_id: null }));
    expect((await listing(callWith(id))).end).toEqual({ complete: false, reason: "no_token", pages: 1 });
  });

  test("when a full page has lost the marks of its paging", async () => {
    upstream.script(page(many(100), { next_page: "t1" }), page(many(100)));
    expect((await listing(callWith(token))).end).toEqual({ complete: false, reason: "unpaged", pages: 2 });
  });

  test("when the paging changes on the way", async () => {
    upstream.script(page(items("a"), { next_page: "t1" }), page(items("b"), { has_more: true, last_id: "b" }));
    const { end } = await listing(callWith({ firstMatch: [token as never, id as never] }));
    expect(end).toEqual({ complete: false, reason: "style_changed", pages: 2 });
  });
});

describe("a listing throws", () => {
  test.each<[string, Answer]>([
    ["no records", json({ items: [] })],
    ["records that are null", page(null)],
    ["an error with 200", json({ error: "x" })],
    ["HTML", text("<html>")],
  ])("for %s: that is never an empty list", async (_, answer) => {
    upstream.script(page(items("a"), { next_page: "t1" }), answer);
    await expect(listing(callWith(token))).rejects.toMatchObject({ code: "upstream_invalid" });
  });

  test("what the provider says on any page", async () => {
    upstream.script(page(items("a"), { next_page: "t1" }), json({ error: { type: "authentication_error" } }, 401));
    await expect(listing(callWith(token))).rejects.toMatchObject({ code: "upstream_unauthorized" });
  });
});

describe("one page for a caller", () => {
  const list = async (call: OperationCall) => (await execute(rig.deps, call)) as Extract<Reply, { kind: "list" }>;

  test.each([
    ["a token", token, page(items("a"), { next_page: "t:1" }), "/items?page=t%3A1"],
    ["an id", id, page(items("a"), { has_more: true, last_id: "a" }), "/items?after_id=a"],
    ["a link", link, json({ data: items("a") }, 200, { link: "</items?page=2>; rel=next" }), "/items?page=2"],
  ])("has a cursor that carries %s and leads to the next", async (_, pagination, first, second) => {
    upstream.script(first, page(items("b"), { next_page: null, has_more: false }));
    const one = await list(callWith(pagination));
    expect(one.value).toEqual(items("a"));
    const two = await list(callWith(pagination, { cursor: one.nextCursor }));
    expect(two).toMatchObject({ value: items("b"), nextCursor: null });
    expect(asked()).toEqual(["/items", second]);
  });

  test("keeps the size that the caller names, by the API's own name for it", async () => {
    upstream.script(json({ data: items("a") }, 200, { link: "</items?page=2>; rel=next" }));
    const connector = connectorOf({ operations: { list: { method: "GET", pagination: link } } });
    await execute(rig.deps, callOf(connector, "list", upstream.url, { limit: 3 }));
    expect(asked()).toEqual(["/items?per_page=3"]);
  });

  test.each(["nonsense", "", Buffer.from('"9:t"').toString("base64url"), Buffer.from("7").toString("base64url")])(
    "refuses the cursor %j without a call",
    async (cursor) => {
      await expect(list(callWith(token, { cursor }))).rejects.toMatchObject({ code: "invalid_cursor", status: 400 });
      expect(asked()).toEqual([]);
    },
  );

  test("refuses a cursor of a style that has none", async () => {
    const cursor = Buffer.from('"3:t"').toString("base64url");
    await expect(list(callWith(undefined, { cursor }))).rejects.toMatchObject({ code: "invalid_cursor" });
  });

  test("does not let a caller walk in circles", async () => {
    upstream.script(page(items("a"), { next_page: "t1" }));
    const { nextCursor } = await list(callWith(token));
    await expect(list(callWith(token, { cursor: nextCursor }))).rejects.toMatchObject({ code: "upstream_invalid" });
  });

  test("without records is an error", async () => {
    upstream.script(json({ data: {} }));
    await expect(list(callWith(token))).rejects.toMatchObject({ code: "upstream_invalid" });
  });
});

describe("a page that is remembered", () => {
  const more = { ids: ["a", "b"], next_page: null, tags: [["x"]] };
  const list = Array.from({ length: 300 }, (_, n) => ({ id: `i${n}`, tags: [{ a: n }] }));

  /** The page as it is now, to one who remembers it as it was. */
  async function review(before: Json, now: Json, pagination = token): Promise<ListPage> {
    upstream.script(json(before), json(now));
    const call = callWith(pagination);
    const [first] = (await listing(call, { recall: async () => null })).pages;
    const cut = first?.cut && {
      head: first.cut.head,
      blocks: first.cut.parts.flatMap((part) => ("kept" in part ? [] : [part.block])),
    };
    const known = { digest: "another", next: null, records: 300, cut: async () => cut ?? null };
    const { pages, end } = await listing(call, { recall: async () => known });
    expect(end.complete).toBe(true);
    return pages[0] as ListPage;
  }

  test("is parsed where it changed, whatever other lists stand beside its own", async () => {
    const changed = list.with(150, { id: "other", tags: [] });
    const { records, cut } = await review(
      { ...more, data: list, rest: [1, [2]] },
      { ...more, data: changed, rest: [] },
    );
    expect(records?.length).toBeLessThanOrEqual(70);
    expect(records).toContainEqual({ id: "other", tags: [] });
    const count = cut?.parts.reduce((sum, part) => sum + ("kept" in part ? part.kept.records : part.records.length), 0);
    expect(count).toBe(300);
  });

  test("is parsed whole when its records stand elsewhere now", async () => {
    const { records } = await review({ data: list, rest: [] }, { rest: list, data: [{ id: "only" }] });
    expect(records).toEqual([{ id: "only" }]);
  });

  test("is parsed whole where paging looks among its records", async () => {
    const byLast: OperationSource["pagination"] = { style: "cursor", param: "after", next: ["data", "-1", "next"] };
    const { records, cut } = await review({ data: list }, { data: list.slice(1) }, byLast);
    expect([records?.length, cut]).toEqual([299, null]);
  });
});
