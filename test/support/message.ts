import fc from "fast-check";
import type { Json } from "../../src/kernel/json.ts";
import type { ContentBlock, Message } from "../../src/sandbox/message.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 });
/** Any block of a message. */
export const block: fc.Arbitrary<ContentBlock> = fc.oneof(
  text.map((value) => ({ type: "text" as const, text: value, citations: null })),
  fc.tuple(fc.string(), text).map(([thinking, signature]) => ({ type: "thinking" as const, thinking, signature })),
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => ({
    type: "tool_use" as const,
    id: "toolu_1",
    name: "t",
    input: JSON.parse(JSON.stringify(value)) as Json,
    caller: { type: "direct" as const },
  })),
);

/** A whole message of these blocks. */
export function messageOf(content: ContentBlock[]): Message {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content,
    stop_reason: "end_turn",
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: 3,
      output_tokens: 9,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens_details: { thinking_tokens: 2 },
      server_tool_use: null,
      service_tier: "standard",
      speed: "standard",
      inference_geo: "global",
    },
  };
}
