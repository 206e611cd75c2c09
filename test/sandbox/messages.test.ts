import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { HELLO, openSandbox, without } from "./caller.ts";

const { call } = openSandbox();

async function message(body: JsonObject, headers = {}): Promise<JsonObject> {
  const reply = await call("POST", "/v1/messages", body, headers);
  expect(reply.text).toContain('"type":"message"');
  return reply.json;
}

function textOf({ content }: JsonObject): string {
  return (content as { text?: string }[]).map(({ text = "" }) => text).join("");
}

const TOOL = {
  name: "get_weather",
  input_schema: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer", minimum: 3 }, unit: { enum: ["c", "f"] } },
    required: ["city", "days", "unit"],
  },
};

describe("an answer", () => {
  it("has the API's shape", async () => {
    const answer = await message(HELLO);
    expect(answer).toMatchObject({
      type: "message",
      role: "assistant",
      model: "claude-opus-5-5",
      stop_reason: "end_turn",
    });
    expect(Object.keys(answer.usage as JsonObject).sort()).toEqual([
      "cache_creation",
      "cache_creation_input_tokens",
      "cache_read_input_tokens",
      "inference_geo",
      "input_tokens",
      "output_tokens",
      "output_tokens_details",
      "server_tool_use",
      "service_tier",
      "speed",
    ]);
    expect(textOf(answer)).toContain("“Hello”");
  });

  it("is the same for the same request, but for its id", async () => {
    const [{ id: first, ...one }, { id: second, ...two }] = [await message(HELLO), await message(HELLO)];
    expect(one).toEqual(two);
    expect(first).not.toBe(second);
    expect(textOf(await message({ ...HELLO, system: "Be brief." }))).not.toBe(textOf(one));
  });

  it("opens with an empty thinking block on the newest models, unless it is turned off", async () => {
    const types = async (body: JsonObject) => ((await message(body)).content as JsonObject[]).map(({ type }) => type);
    expect(await types(HELLO)).toEqual(["thinking", "text"]);
    expect(((await message(HELLO)).content as JsonObject[])[0]).toMatchObject({
      thinking: "",
      signature: expect.stringMatching(/^Eq/),
    });
    expect(await types({ ...HELLO, thinking: { type: "disabled" } })).toEqual(["text"]);
    expect(await types({ ...HELLO, model: "claude-sonnet-4-6" })).toEqual(["text"]);
    const thinking = { type: "enabled", budget_tokens: 1024 };
    expect(await types({ ...HELLO, model: "claude-sonnet-4-6", max_tokens: 2000, thinking })).toEqual([
      "thinking",
      "text",
    ]);
  });

  it("shows its thoughts when asked to", async () => {
    const [block] = (await message({ ...HELLO, thinking: { type: "adaptive", display: "summarized" } }))
      .content as JsonObject[];
    expect(block?.thinking).not.toBe("");
  });

  it("keeps to max_tokens, thinking included", async () => {
    for (const max_tokens of [0, 5, 30]) {
      const { stop_reason, usage } = await message({ ...HELLO, max_tokens });
      expect(stop_reason).toBe("max_tokens");
      expect((usage as JsonObject).output_tokens).toBe(max_tokens);
    }
  });

  it("stops at the first stop sequence and leaves it out", async () => {
    const answer = await message({ ...HELLO, stop_sequences: ["never", "sandbox"] });
    expect(answer).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "sandbox" });
    expect(textOf(answer)).toBe("This is Tidewire's ");
  });

  it("uses the tool that it must, with input that fits the schema", async () => {
    const choices: JsonObject[] = [{ type: "tool", name: "get_weather" }, { type: "any" }];
    for (const tool_choice of choices) {
      const answer = await message({ ...HELLO, tools: [TOOL], tool_choice });
      expect(answer.stop_reason).toBe("tool_use");
      expect(answer.content).toEqual([
        {
          type: "tool_use",
          id: expect.stringMatching(/^toolu_/),
          name: "get_weather",
          input: { city: "sample", days: 3, unit: "c" },
          caller: { type: "direct" },
        },
      ]);
    }
  });

  it("uses a tool of its own choice when it is named, and says so first", async () => {
    const messages = [{ role: "user", content: "Call get_weather for Bern" }];
    const chosen = await message({ ...HELLO, messages, tools: [TOOL] });
    expect((chosen.content as JsonObject[]).map(({ type }) => type)).toEqual(["thinking", "text", "tool_use"]);
    const none = await message({ ...HELLO, messages, tools: [TOOL], tool_choice: { type: "none" } });
    expect(none.stop_reason).toBe("end_turn");
  });

  it("fits the schema of structured output", async () => {
    const schema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] };
    const answer = await message({ ...HELLO, output_config: { format: { type: "json_schema", schema } } });
    expect(JSON.parse(textOf(answer))).toEqual({ ok: true });
  });

  it("names the model behind an alias", async () => {
    expect((await message({ ...HELLO, model: "claude-opus-4-5" })).model).toBe("claude-opus-4-5-20251101");
  });

  it("tells what is left of the rate limits", async () => {
    const { call: fresh } = openSandbox();
    const { headers } = await fresh("POST", "/v1/messages", HELLO);
    for (const kind of ["requests", "tokens", "input-tokens", "output-tokens"]) {
      const read = (part: string) => headers.get(`anthropic-ratelimit-${kind}-${part}`);
      expect(Number(read("remaining"))).toBeLessThan(Number(read("limit")));
      expect(read("reset")).toBe("2026-11-20T08:01:00Z");
    }
  });
});

describe("a rate limit", () => {
  it("refuses with retry-after until the minute is over", async () => {
    const { call: limited, sandbox } = openSandbox({ requestsPerMinute: 1 });
    expect((await limited("POST", "/v1/messages", HELLO)).status).toBe(200);
    const refused = await limited("POST", "/v1/messages", HELLO);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    sandbox.advance(60_000);
    expect((await limited("POST", "/v1/messages", HELLO)).status).toBe(200);
  });
});

describe("count_tokens", () => {
  const counted = without(HELLO, "max_tokens");

  it("answers exactly what a message is charged", async () => {
    const reply = await call("POST", "/v1/messages/count_tokens", { ...counted, system: "Be brief.", tools: [TOOL] });
    const answer = await message({ ...HELLO, system: "Be brief.", tools: [TOOL] });
    expect(reply.json).toEqual({ input_tokens: (answer.usage as JsonObject).input_tokens as Json });
  });

  it("knows neither max_tokens nor stream", async () => {
    const refused = await call("POST", "/v1/messages/count_tokens", HELLO);
    expect(refused.error).toBe("invalid_request_error: max_tokens: Extra inputs are not permitted");
  });
});

describe("a bad request", () => {
  const say = (content: Json) => ({ ...HELLO, messages: [{ role: "user", content }] });
  it.each<[string, JsonObject, number, string]>([
    ["no max_tokens", without(HELLO, "max_tokens"), 400, "max_tokens: Field required"],
    ["no model", without(HELLO, "model"), 400, "model: Field required"],
    ["no messages", { ...HELLO, messages: [] }, 400, "messages: at least one message is required"],
    ["messages of another kind", { ...HELLO, messages: "hi" }, 400, "messages: Input should be a valid array"],
    ["an unknown model", { ...HELLO, model: "claude-9" }, 404, "model: claude-9"],
    ["a retired model", { ...HELLO, model: "claude-sonnet-4-20250514" }, 404, "model: claude-sonnet-4-20250514"],
    ["a field of the seeds", { ...HELLO, attachments: [] }, 400, "attachments: Extra inputs are not permitted"],
    ["too many tokens", { ...HELLO, max_tokens: 128_001 }, 400, "max_tokens: 128001 > 128000"],
    ["a fraction of a token", { ...HELLO, max_tokens: 1.5 }, 400, "max_tokens: Input should be a valid integer"],
    ["another role", { ...HELLO, messages: [{ role: "robot", content: "x" }] }, 400, "messages.0.role"],
    ["empty content", say(""), 400, "must have non-empty content"],
    ["an unknown block", say([{ type: "smell" }]), 400, "messages.0.content.0: Input tag 'smell'"],
    ["a system prompt of another kind", { ...HELLO, system: 5 }, 400, "system: Input should be"],
    [
      "a system prompt of other blocks",
      { ...HELLO, system: [{ type: "image" }] },
      400,
      "system.0: Input should be a text block",
    ],
    [
      "a file that is not there",
      say([{ type: "document", source: { type: "file", file_id: "file_1" } }]),
      404,
      "File `file_1` not found.",
    ],
    [
      "a tool that is not offered",
      { ...HELLO, tools: [TOOL], tool_choice: { type: "tool", name: "x" } },
      400,
      "Tool 'x' not found",
    ],
    [
      "a tool without a schema",
      { ...HELLO, tools: [{ name: "x" }] },
      400,
      "tools.0.custom.input_schema: Field required",
    ],
    [
      "manual thinking on the newest",
      { ...HELLO, thinking: { type: "enabled", budget_tokens: 1024 } },
      400,
      "thinking.type.enabled",
    ],
    ["blank stop sequences", { ...HELLO, stop_sequences: [" "] }, 400, "non-whitespace"],
    [
      "skills without code execution",
      { ...HELLO, container: { skills: [{ type: "anthropic", skill_id: "pptx" }] } },
      400,
      "code execution",
    ],
    ["citations in a user's text", say([{ type: "text", text: "x", citations: [{}] }]), 400, "citations"],
    [
      "a document said by the assistant",
      { ...HELLO, messages: [{ role: "assistant", content: [{ type: "document", source: {} }] }] },
      400,
      "document blocks are not allowed",
    ],
  ])("with %s is refused", async (_, body, status, message) => {
    const reply = await call("POST", "/v1/messages", body);
    expect([reply.status, reply.error]).toEqual([status, expect.stringContaining(message)]);
  });

  it("may use sampling at its default only, on models newer than Claude Opus 4.6", async () => {
    const old = { "anthropic-version": "2023-06-01" };
    const status = async (body: JsonObject) => (await call("POST", "/v1/messages", { ...HELLO, ...body }, old)).status;
    expect(await status({ temperature: 1, top_p: 0.99 })).toBe(200);
    expect([await status({ temperature: 0.5 }), await status({ top_p: 0.5 }), await status({ top_k: 5 })]).toEqual([
      400, 400, 400,
    ]);
    expect(await status({ model: "claude-opus-4-6", temperature: 0.5 })).toBe(200);
  });
});
