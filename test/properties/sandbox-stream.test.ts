import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { messageEvents } from "../../src/sandbox/message-stream.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 });
const block = fc.oneof(
  text.map((value): JsonObject => ({ type: "text", text: value, citations: null })),
  fc.tuple(fc.string(), text).map(([thinking, signature]): JsonObject => ({ type: "thinking", thinking, signature })),
  fc
    .dictionary(fc.string(), fc.jsonValue())
    .map(
      (input): JsonObject => ({ type: "tool_use", id: "toolu_1", name: "t", input: JSON.parse(JSON.stringify(input)) }),
    ),
);
const USAGE = {
  input_tokens: 3,
  output_tokens: 9,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens_details: { thinking_tokens: 2 },
  server_tool_use: null,
};

/** What a client makes of the events, as the API's documentation tells it to. */
function accumulate(events: Iterable<JsonObject>): JsonObject[] {
  const blocks: JsonObject[] = [];
  let json = "";
  for (const { type, index, content_block, delta } of events) {
    const at = Number(index);
    const current = blocks[at] ?? {};
    const change = (delta ?? {}) as JsonObject;
    if (type === "content_block_start") {
      blocks[at] = { ...(content_block as JsonObject) };
      json = "";
    } else if (change.type === "text_delta") current.text = `${current.text}${change.text}`;
    else if (change.type === "thinking_delta") current.thinking = `${current.thinking}${change.thinking}`;
    else if (change.type === "signature_delta") current.signature = change.signature ?? null;
    else if (change.type === "input_json_delta") json += change.partial_json;
    else if (type === "content_block_stop" && current.type === "tool_use" && json !== "")
      current.input = JSON.parse(json);
  }
  return blocks;
}

describe("a message as events", () => {
  it("is put together again exactly", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (content) => {
        const message = { id: "msg_1", type: "message", content, usage: USAGE, stop_reason: "end_turn" } as JsonObject;
        expect(accumulate(messageEvents(message))).toEqual(content);
      }),
    );
  });

  it("opens and closes each block once, with at least one delta between", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (content) => {
        const message = { id: "msg_1", type: "message", content, usage: USAGE, stop_reason: "end_turn" } as JsonObject;
        const types = [...messageEvents(message)].map(({ type }) => String(type)).filter((type) => type !== "ping");
        expect(types.join(" ")).toMatch(
          /^message_start( content_block_start( content_block_delta)+ content_block_stop)* message_delta message_stop$/,
        );
      }),
    );
  });
});
