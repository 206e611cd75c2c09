import { type Clock, sleep } from "../kernel/clock.ts";
import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import type { Call } from "./endpoint.ts";

/** How many characters a delta carries. */
const DELTA_CHARS = 16;

/** A finished message as the events that build it up, in the API's order; usage in `message_delta` is cumulative. */
export function* messageEvents(message: JsonObject): Generator<JsonObject> {
  const { content, usage, stop_reason, stop_sequence, stop_details, container, ...head } = message;
  const spent = usage as JsonObject;
  yield {
    type: "message_start",
    message: {
      ...head,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: { ...spent, output_tokens: 1, output_tokens_details: { thinking_tokens: 0 } },
    },
  };
  let index = 0;
  for (const block of content as JsonObject[]) {
    yield* blockEvents(block, index);
    if (index++ === 0) yield { type: "ping" };
  }
  yield {
    type: "message_delta",
    delta: { stop_reason, stop_sequence, stop_details, container } as JsonObject,
    usage: {
      input_tokens: spent.input_tokens,
      output_tokens: spent.output_tokens,
      cache_creation_input_tokens: spent.cache_creation_input_tokens,
      cache_read_input_tokens: spent.cache_read_input_tokens,
      output_tokens_details: spent.output_tokens_details,
      server_tool_use: spent.server_tool_use,
    } as JsonObject,
  };
  yield { type: "message_stop" };
}

function* blockEvents(block: JsonObject, index: number): Generator<JsonObject> {
  yield { type: "content_block_start", index, content_block: emptied(block) };
  for (const delta of deltas(block)) yield { type: "content_block_delta", index, delta };
  yield { type: "content_block_stop", index };
}

function emptied(block: JsonObject): JsonObject {
  switch (block.type) {
    case "thinking":
      return { ...block, thinking: "", signature: "" };
    case "tool_use":
      return { ...block, input: {} };
    default:
      return { ...block, text: "" };
  }
}

function* deltas(block: JsonObject): Generator<JsonObject> {
  switch (block.type) {
    case "thinking":
      for (const thinking of pieces(String(block.thinking))) yield { type: "thinking_delta", thinking };
      yield { type: "signature_delta", signature: String(block.signature) };
      return;
    case "tool_use":
      // The first piece is empty, as the API sends it.
      yield { type: "input_json_delta", partial_json: "" };
      if (hasMembers(block.input)) {
        for (const partial_json of pieces(JSON.stringify(block.input)))
          yield { type: "input_json_delta", partial_json };
      }
      return;
    default:
      for (const text of pieces(String(block.text))) yield { type: "text_delta", text };
  }
}

function hasMembers(input: Json | undefined): boolean {
  return isObject(input) && Object.keys(input).length > 0;
}

/** Cuts by code points, so that no character is torn. */
function* pieces(text: string): Generator<string> {
  const points = [...text];
  for (let i = 0; i < points.length; i += DELTA_CHARS) yield points.slice(i, i + DELTA_CHARS).join("");
}

/** The records of `text/event-stream`, bent by the faults: slowed, ended by an error event, or broken off. */
export async function* sseRecords(
  events: Iterable<JsonObject>,
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

function sseRecord(event: JsonObject): string {
  return `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`;
}
