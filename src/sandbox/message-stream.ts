import { type Clock, sleep } from "../kernel/clock.ts";
import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import type { Call } from "./endpoint.ts";
import type { ContentBlock, Message } from "./message.ts";

/** How many characters a delta carries. */
const DELTA_CHARS = 16;

/** One event of a stream; its `type` is also the name of the record. */
export type StreamEvent = JsonObject & { type: string };

/** A finished message as the events that build it up, in the API's order; usage in `message_delta` is cumulative. */
export function* messageEvents(message: Message): Generator<StreamEvent> {
  const { content, usage, stop_reason, stop_sequence, stop_details, container } = message;
  const nothingSaid = { content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  const begun = { ...usage, output_tokens: 1, output_tokens_details: { thinking_tokens: 0 } };
  yield { type: "message_start", message: { ...message, ...nothingSaid, usage: begun } };
  for (const [index, block] of content.entries()) {
    yield* blockEvents(block, index);
    if (index === 0) yield { type: "ping" };
  }
  const spent = {
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cache_creation_input_tokens: usage.cache_creation_input_tokens,
    cache_read_input_tokens: usage.cache_read_input_tokens,
    output_tokens_details: usage.output_tokens_details,
    server_tool_use: usage.server_tool_use,
  };
  yield { type: "message_delta", delta: { stop_reason, stop_sequence, stop_details, container }, usage: spent };
  yield { type: "message_stop" };
}

function* blockEvents(block: ContentBlock, index: number): Generator<StreamEvent> {
  yield { type: "content_block_start", index, content_block: emptied(block) };
  for (const delta of deltas(block)) yield { type: "content_block_delta", index, delta };
  yield { type: "content_block_stop", index };
}

function emptied(block: ContentBlock): ContentBlock {
  switch (block.type) {
    case "thinking":
      return { ...block, thinking: "", signature: "" };
    case "tool_use":
      return { ...block, input: {} };
    case "text":
      return { ...block, text: "" };
  }
}

function* deltas(block: ContentBlock): Generator<JsonObject> {
  switch (block.type) {
    case "thinking":
      for (const thinking of pieces(block.thinking)) yield { type: "thinking_delta", thinking };
      yield { type: "signature_delta", signature: block.signature };
      return;
    case "tool_use":
      // The first piece is empty, as the API sends it.
      yield { type: "input_json_delta", partial_json: "" };
      if (hasMembers(block.input)) {
        for (const partial_json of pieces(JSON.stringify(block.input)))
          yield { type: "input_json_delta", partial_json };
      }
      return;
    case "text":
      for (const text of pieces(block.text)) yield { type: "text_delta", text };
  }
}

function hasMembers(input: Json): boolean {
  return isObject(input) && Object.keys(input).length > 0;
}

/** Cuts by code points, so that no character is torn. */
function* pieces(text: string): Generator<string> {
  const points = Array.from(text);
  for (let i = 0; i < points.length; i += DELTA_CHARS) yield points.slice(i, i + DELTA_CHARS).join("");
}

/** The records of `text/event-stream`, bent by the faults: slowed, ended by an error event, or broken off. */
export async function* sseRecords(
  events: Iterable<StreamEvent>,
  { faults: { stream, paceMs }, request, reset }: Call,
  clock: Clock,
): AsyncGenerator<string> {
  let sent = 0;
  for (const event of events) {
    if (paceMs > 0) await sleep(clock, paceMs, request.signal);
    if (stream && sent === stream.afterEvents) {
      if (stream.end === "reset") return reset();
      yield sseRecord({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
      return;
    }
    yield sseRecord(event);
    sent++;
  }
}

function sseRecord(event: StreamEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
