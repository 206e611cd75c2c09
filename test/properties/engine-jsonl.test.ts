import fc from "fast-check";
import { expect, test } from "vitest";
import { readJsonLines } from "../../src/engine/jsonl.ts";
import { collect, splitAnywhere } from "../support/chunks.ts";

test("any rows are read alike, however the stream is cut, with either line end, blank lines and no last end", async () => {
  const ends = fc.constantFrom("\n", "\r\n", "\n\n");
  const row = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));
  await fc.assert(
    fc.asyncProperty(
      fc.array(row),
      ends,
      fc.boolean(),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      async (rows, end, ended, cuts) => {
        const text = rows.map((value) => JSON.stringify(value)).join(end) + (ended ? end : "");
        expect(await collect(readJsonLines(splitAnywhere(text, cuts)))).toEqual(rows);
      },
    ),
  );
});

test("a line that is not JSON is refused with its number, after the rows before it", async () => {
  const rows: unknown[] = [];
  const reading = (async () => {
    for await (const row of readJsonLines(splitAnywhere('{"a":1}\n\n{"a":\n', []))) rows.push(row);
  })();
  await expect(reading).rejects.toMatchObject({ code: "upstream_invalid", message: expect.stringContaining("Line 3") });
  expect(rows).toEqual([{ a: 1 }]);
});

test("a line without end is refused before it fills the memory", async () => {
  let sent = 0;
  async function* endless() {
    for (;;) {
      sent += 1;
      yield new TextEncoder().encode("x".repeat(100));
    }
  }
  await expect(collect(readJsonLines(endless(), 1_000))).rejects.toMatchObject({ code: "upstream_invalid" });
  expect(sent).toBeLessThan(20);
});
