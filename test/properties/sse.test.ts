import fc from "fast-check";
import { expect, test } from "vitest";
import { readSse } from "../../src/engine/sse.ts";
import { collect, splitAnywhere } from "../support/chunks.ts";

const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, " "));
const event = fc.record({
  name: fc.option(fc.stringMatching(/^[a-z_]{1,12}$/), { nil: null }),
  data: fc.array(line, { minLength: 1, maxLength: 4 }),
  comment: fc.option(line, { nil: null }),
});
const lineEnd = fc.constantFrom("\n", "\r\n", "\r");

test("any stream of events is read alike, however it is cut and whatever its line ends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event),
      lineEnd,
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      async (events, end, cuts) => {
        const text = events.map((e) => written(e, end)).join("");
        const read = await collect(readSse(splitAnywhere(text, cuts)));
        expect(read).toEqual(events.map(({ name, data }) => ({ event: name, data: data.join("\n") })));
      },
    ),
  );
});

test("a last event that the stream breaks off in is not given", async () => {
  const read = await collect(readSse(splitAnywhere("data: whole\n\nevent: half\ndata: ha", [])));
  expect(read).toEqual([{ event: null, data: "whole" }]);
});

function written(
  { name, data, comment }: { name: string | null; data: string[]; comment: string | null },
  end: string,
): string {
  const lines = [
    ...(comment === null ? [] : [`: ${comment}`]),
    ...(name === null ? [] : [`event: ${name}`]),
    ...data.map((text) => `data: ${text}`),
    "",
  ];
  return lines.map((text) => text + end).join("");
}
