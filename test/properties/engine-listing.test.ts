import fc from "fast-check";
import { expect, test } from "vitest";
import { listPages } from "../../src/engine/paginate.ts";
import type { Json } from "../../src/kernel/json.ts";
import type { Http } from "../../src/net/port.ts";
import { callOf, connectorOf, openRig } from "../engine/rig.ts";

const connector = connectorOf({ operations: { list: { method: "GET" } } });

test("a list cut into any pages, empty ones too, paged in either way, is listed whole and in order", async () => {
  const pages = fc.array(fc.array(fc.integer(), { maxLength: 9 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pages, fc.constantFrom("token", "id"), async (cut, style) => {
      const rig = openRig();
      const call = callOf(connector, "list", "http://127.0.0.1:9");
      const listed: Json[] = [];
      const source = listPages({ ...rig.deps, http: serving(cut, style) }, call);
      let step = await source.next();
      for (; !step.done; step = await source.next()) listed.push(...step.value.records);
      expect(listed).toEqual(cut.flat());
      expect(step.value).toEqual({ complete: true, reason: null, pages: cut.length });
      await rig.close();
    }),
  );
});

/** A provider whose tokens are the numbers of its pages. */
function serving(pages: number[][], style: "token" | "id"): Http {
  return async ({ url }) => {
    const { searchParams } = new URL(url);
    const index = Number(searchParams.get(style === "token" ? "page" : "after_id") ?? 0);
    const next = index + 1 < pages.length ? String(index + 1) : null;
    const marks = style === "token" ? { next_page: next } : { has_more: next !== null, last_id: next };
    const answer = JSON.stringify({ data: pages[index] ?? null, ...marks });
    const bytes = Buffer.from(answer);
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: {
        text: async () => answer,
        bytes: async () => bytes,
        discard() {},
        async *[Symbol.asyncIterator]() {
          yield bytes;
        },
      },
    };
  };
}
