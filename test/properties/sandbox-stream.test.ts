import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import { messageEvents, type StreamEvent } from "../../src/sandbox/message-stream.ts";
import { block, messageOf } from "../support/message.ts";

/** A client's block while it is put together. */
type Building = Record<string, Json>;
type Delta = { type: string; text?: string; thinking?: string; signature?: string; partial_json?: string };

/** Adds a delta to a block as the API's documentation tells a client to; JSON is gathered in `json`. */
function grow(
  current: Building,
  { type, text = "", thinking = "", signature = "", partial_json = "" }: Delta,
): Building {
  switch (type) {
    case "text_delta":
      return { ...current, text: String(current.text as string) + text };
    case "thinking_delta":
      return { ...current, thinking: String(current.thinking as string) + thinking };
    case "signature_delta":
      return { ...current, signature };
    default:
      return { ...current, json: String((current.json ?? "") as string) + partial_json };
  }
}

function finish({ json, ...block }: Building): Building {
  return typeof json === "string" && json !== "" ? { ...block, input: JSON.parse(json) as Json } : block;
}

function accumulate(events: Iterable<StreamEvent>): Building[] {
  const blocks: Building[] = [];
  for (const { type, index, content_block, delta } of events) {
    const at = Number(index);
    const current = blocks[at] ?? {};
    if (type === "content_block_start") blocks[at] = content_block as Building;
    else if (type === "content_block_delta") blocks[at] = grow(current, delta as Delta);
    else if (type === "content_block_stop") blocks[at] = finish(current);
  }
  return blocks;
}

describe("a message as events", () => {
  it("is put together again exactly", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (content) => {
        expect(accumulate(messageEvents(messageOf(content)))).toEqual(content);
      }),
    );
  });

  it("opens and closes each block once, with at least one delta between", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (content) => {
        const types = [...messageEvents(messageOf(content))].map(({ type }) => type).filter((type) => type !== "ping");
        expect(types.join(" ")).toMatch(
          /^message_start( content_block_start( content_block_delta)+ content_block_stop)* message_delta message_stop$/,
        );
      }),
    );
  });
});
