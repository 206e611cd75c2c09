import { describe, expect, it } from "vitest";
import type { Message } from "../../src/sandbox/message.ts";
import type { StreamEvent } from "../../src/sandbox/message-stream.ts";
import { HELLO, openSandbox } from "./caller.ts";

function eventsOf(text: string): StreamEvent[] {
  return text
    .trimEnd()
    .split("\n\n")
    .map((record) => {
      const [event, data] = record.split("\n");
      const parsed = JSON.parse(data?.replace(/^data: /, "") ?? "") as StreamEvent;
      expect(event).toBe(`event: ${parsed.type}`);
      return parsed;
    });
}

const ORDER = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "ping",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
];

/** The deltas of content blocks, in order. */
function deltasOf(events: StreamEvent[]): Record<string, string | undefined>[] {
  return events
    .filter(({ type }) => type === "content_block_delta")
    .map(({ delta }) => delta as Record<string, string>);
}

/** Types in order, runs of one type as one. */
function outline(events: StreamEvent[]): unknown[] {
  return events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
}

describe("a stream", () => {
  const { call, sandbox } = openSandbox();

  it("has the API's events in the API's order", async () => {
    const reply = await call("POST", "/v1/messages", { ...HELLO, stream: true });
    expect(reply.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = eventsOf(reply.text);
    expect(outline(events)).toEqual(ORDER);
    expect(events[0]?.message).toMatchObject({ content: [], stop_reason: null, usage: { output_tokens: 1 } });
    expect(reply.text).not.toContain("[DONE]");
  });

  it("adds up to the answer that is not streamed", async () => {
    const whole = (await call("POST", "/v1/messages", HELLO)).json;
    const events = eventsOf((await call("POST", "/v1/messages", { ...HELLO, stream: true })).text);
    const deltas = deltasOf(events);
    expect(whole.content).toEqual([
      expect.objectContaining({ signature: deltas.find(({ type }) => type === "signature_delta")?.signature }),
      expect.objectContaining({ text: deltas.map(({ text = "" }) => text).join("") }),
    ]);
    const end = events.find(({ type }) => type === "message_delta");
    expect(end?.delta).toMatchObject({
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      container: null,
    });
    expect((end?.usage as Message["usage"] | undefined)?.output_tokens).toBe(
      (whole.usage as Message["usage"]).output_tokens,
    );
  });

  it("sends thoughts and tool input in pieces", async () => {
    const tools = [
      { name: "t", input_schema: { type: "object", properties: { place: { const: "Bern, Switzerland" } } } },
    ];
    const asked = await call("POST", "/v1/messages", { ...HELLO, stream: true, tools, tool_choice: { type: "any" } });
    const json = deltasOf(eventsOf(asked.text)).map(({ partial_json = "" }) => partial_json);
    expect(JSON.parse(json.join(""))).toEqual({ place: "Bern, Switzerland" });
    const thinking = { type: "adaptive", display: "summarized" };
    const thought = await call("POST", "/v1/messages", { ...HELLO, stream: true, thinking });
    expect(thought.text).toContain('"type":"thinking_delta"');
  });

  it("ends with an error event where the script says so", async () => {
    sandbox.faults.add({ kind: "stream_error", afterEvents: 4, path: "/v1/messages" });
    const events = eventsOf((await call("POST", "/v1/messages", { ...HELLO, stream: true })).text);
    expect(events).toHaveLength(5);
    expect(events.at(-1)).toEqual({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
  });

  it("breaks off where the script says so", async () => {
    sandbox.faults.add({ kind: "stream_reset", afterEvents: 2 });
    await expect(call("POST", "/v1/messages", { ...HELLO, stream: true })).rejects.toThrow("reset");
  });

  it("stops when the caller goes away", async () => {
    const { sandbox: paced, clock } = openSandbox();
    paced.faults.add({ kind: "stream_pace", ms: 1_000 });
    const caller = new AbortController();
    const request = new Request("http://claude.test/v1/messages", {
      method: "POST",
      headers: { "x-api-key": "sandbox", "anthropic-version": "2026-10-21" },
      body: JSON.stringify({ ...HELLO, stream: true }),
      signal: caller.signal,
    });
    const reader = (await paced.app.fetch(request)).body?.getReader();
    const first = reader?.read();
    await clock.advance(1_000);
    expect(new TextDecoder().decode((await first)?.value)).toContain("message_start");
    const second = reader?.read();
    caller.abort();
    await expect(second).rejects.toThrow();
    expect(clock.pending).toBe(0);
  });
});
