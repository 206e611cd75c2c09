import { expect, test } from "vitest";
import { loadConnector } from "../../src/manifest/load.ts";
import { connectorJson, linted, manifest, resourceJson, thrownBy } from "./written.ts";

const STEP = { do: "append", from: ["text"], at: ["parts", { $event: ["index"] }, "text"] };

const sending = (response: object) =>
  resourceJson({ operations: { send: { method: "POST", effect: "create", response, sample: { id: "thing_1" } } } });
const mistakesOf = (response: object) =>
  thrownBy(() => loadConnector(manifest(connectorJson(), sending(response)))).message;

test("a step takes any event unless it names one, and an answer that names no steps makes no record", () => {
  const assemble = { steps: [STEP, { ...STEP, on: "more" }], end: { event: "stop" } };
  const { connector } = linted(connectorJson(), sending({ stream: true, assemble }));
  const { send, list } = connector.resources[0]!.operations;
  expect(send?.response.assemble).toEqual({
    steps: [
      { ...STEP, on: null },
      { ...STEP, on: "more" },
    ],
    end: { event: "stop" },
  });
  expect(list?.response.assemble).toBeNull();
});

test.each<[string, object, RegExp]>([
  [
    "an answer that is not streamed",
    { assemble: { steps: [STEP], end: { data: "x" } } },
    /needs an answer that is streamed/,
  ],
  ["no end", { stream: true, assemble: { steps: [STEP] } }, /end/],
  ["no steps", { stream: true, assemble: { steps: [], end: { data: "x" } } }, /steps/],
  ["an unknown verb", { stream: true, assemble: { steps: [{ ...STEP, do: "add" }], end: { data: "x" } } }, /append/],
  ["a misspelt key", { stream: true, assemble: { steps: [{ ...STEP, form: [] }], end: { data: "x" } } }, /from/],
  ["a negative index", { stream: true, assemble: { steps: [{ ...STEP, at: [-1] }], end: { data: "x" } } }, /at/],
])("%s is refused", (_, response, says) => {
  expect(mistakesOf(response)).toMatch(says);
});
