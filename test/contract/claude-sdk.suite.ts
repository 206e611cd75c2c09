import Anthropic, { toFile } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";

/** Something that speaks Claude's API, with the sandbox behind it. */
export interface ClaudeEndpoint {
  baseURL: string;
  apiKey: string;
  sandbox: Sandbox;
  close(): Promise<void>;
}

const HELLO = {
  model: "claude-opus-5-5",
  max_tokens: 200,
  messages: [{ role: "user" as const, content: "Hello" }],
};
/** How long a batch takes in the suite's sandbox: no test runs that long, so only `advance` ends one. */
export const BATCH_MS = 600_000;
const OLD_FILES = ["files-api-2025-04-14"];
const OLD_SKILLS = ["skills-2025-10-02"];
/** Makes the SDK's own retries quick. */
const AT_ONCE = { "retry-after-ms": "1" };

function textFile(name = "notes.txt") {
  return toFile(Buffer.from("hello world"), name, { type: "text/plain" });
}

function skillFile() {
  return toFile(Buffer.from("---\nname: my-skill\ndescription: Does one thing.\n---\n"), "my-skill/SKILL.md");
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** What the official SDK, unchanged, must be able to do: nothing but its base URL and its key are set. */
export function claudeSdkSuite(name: string, open: () => Promise<ClaudeEndpoint>): void {
  describe(`the official SDK on ${name}`, () => {
    let endpoint: ClaudeEndpoint;
    let client: Anthropic;

    beforeAll(async () => {
      endpoint = await open();
      client = new Anthropic({ baseURL: endpoint.baseURL, apiKey: endpoint.apiKey });
    });
    afterAll(() => endpoint.close());
    beforeEach(() => endpoint.sandbox.faults.clear());

    describe("messages", () => {
      it("are created", async () => {
        const { data, request_id, workspace_id } = await withIds(client.messages.create(HELLO));
        expect(data.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
        expect(data.stop_reason).toBe("end_turn");
        expect([request_id, workspace_id]).toEqual([expect.stringMatching(/^req_/), expect.stringMatching(/^wrkspc_/)]);
      });

      it("are streamed with the helper's events up to the final message", async () => {
        const seen: string[] = [];
        const stream = client.messages.stream({ ...HELLO, thinking: { type: "adaptive", display: "summarized" } });
        let text = "";
        stream.on("thinking", () => seen.push("thinking"));
        stream.on("signature", () => seen.push("signature"));
        stream.on("text", (delta) => {
          seen.push("text");
          text += delta;
        });
        stream.on("message", () => seen.push("message"));
        const final = await stream.finalMessage();
        expect(seen.filter((event, i) => event !== seen[i - 1])).toEqual(["thinking", "signature", "text", "message"]);
        expect(await stream.finalText()).toBe(text);
        const { id, ...streamed } = final;
        const { id: other, ...whole } = await client.messages.create({
          ...HELLO,
          thinking: { type: "adaptive", display: "summarized" },
        });
        expect(streamed).toMatchObject(whole);
        expect(id).not.toBe(other);
      });

      it("are streamed as raw events in order", async () => {
        const events = await all(await client.messages.create({ ...HELLO, stream: true }));
        expect([events[0]?.type, events.at(-2)?.type, events.at(-1)?.type]).toEqual([
          "message_start",
          "message_delta",
          "message_stop",
        ]);
      });

      it("use a tool, with its input put together from the stream", async () => {
        const input_schema = { type: "object" as const, properties: { city: { type: "string", const: "Bern" } } };
        const final = await client.messages
          .stream({ ...HELLO, tools: [{ name: "weather", input_schema }], tool_choice: { type: "any" } })
          .finalMessage();
        expect(final.stop_reason).toBe("tool_use");
        expect(final.content).toEqual([
          expect.objectContaining({ type: "tool_use", name: "weather", input: { city: "Bern" } }),
        ]);
      });

      it("tell of an error midway", async () => {
        endpoint.sandbox.faults.add({ kind: "stream_error", afterEvents: 5 });
        const failed = client.messages.stream(HELLO).finalMessage();
        await expect(failed).rejects.toThrow("Overloaded");
      });

      it("can be aborted midway, and the next one works", async () => {
        // Long enough that the abort comes first; nobody waits for it.
        endpoint.sandbox.faults.add({ kind: "stream_pace", ms: 100 });
        const stream = client.messages.stream(HELLO);
        stream.on("streamEvent", () => stream.abort());
        await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
        expect((await client.messages.create(HELLO)).type).toBe("message");
      });

      it("have their tokens counted", async () => {
        const { model, messages } = HELLO;
        const { input_tokens } = await client.messages.countTokens({ model, messages });
        expect(input_tokens).toBe((await client.messages.create(HELLO)).usage.input_tokens);
      });
    });

    describe("batches", () => {
      const requests = ["a", "b"].map((custom_id) => ({ custom_id, params: HELLO }));

      it("are created, awaited, and their results read", async () => {
        const made = await client.messages.batches.create({ requests });
        expect(made.processing_status).toBe("in_progress");
        await expect(client.messages.batches.results(made.id)).rejects.toThrow("No batch `results_url`");
        endpoint.sandbox.advance(BATCH_MS);
        expect((await client.messages.batches.retrieve(made.id)).request_counts.succeeded).toBe(2);
        const lines = await all(await client.messages.batches.results(made.id));
        expect(lines.map(({ custom_id, result }) => `${custom_id} ${result.type}`).sort()).toEqual([
          "a succeeded",
          "b succeeded",
        ]);
      });

      it("are canceled, then deleted", async () => {
        const { id } = await client.messages.batches.create({ requests });
        expect((await client.messages.batches.cancel(id)).processing_status).toBe("canceling");
        await expect(client.messages.batches.delete(id)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
        endpoint.sandbox.advance(BATCH_MS);
        expect((await client.messages.batches.retrieve(id)).request_counts.canceled).toBe(2);
        expect(await client.messages.batches.delete(id)).toEqual({ id, type: "message_batch_deleted" });
      });

      it("are listed through all pages, in both directions", async () => {
        const made: string[] = [];
        for (let i = 0; i < 5; i++) made.unshift((await client.messages.batches.create({ requests })).id);
        const ids = async (query: Anthropic.Messages.BatchListParams) =>
          (await all(client.messages.batches.list(query))).map(({ id }) => id);
        expect((await ids({ limit: 2 })).slice(0, 5)).toEqual(made);
        expect((await ids({ limit: 1, before_id: made[4] ?? "" })).sort()).toEqual(made.slice(0, 4).sort());
      });
    });

    describe("models", () => {
      it("are listed through pages of one, and read by alias", async () => {
        const whole = await all(client.models.list({ limit: 1000 }));
        endpoint.sandbox.faults.add({ kind: "page_size", size: 1, times: 0 });
        expect((await all(client.models.list())).map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
        endpoint.sandbox.faults.clear();
        expect((await client.models.retrieve("claude-opus-4-5")).id).toBe("claude-opus-4-5-20251101");
        const retired = await all(client.models.list({ lifecycle: ["retired"] }));
        expect(retired.every(({ lifecycle }) => lifecycle === "retired")).toBe(true);
      });
    });

    describe("files", () => {
      it("are uploaded, listed, read and deleted", async () => {
        const file = await client.files.upload({ file: await textFile(), expires_in_seconds: 3600 });
        expect(file).toMatchObject({
          filename: "notes.txt",
          mime_type: "text/plain",
          size_bytes: 11,
          downloadable: false,
        });
        expect(file.expires_at).not.toBeNull();
        await client.files.upload({ file: await textFile() });
        const ids = (await all(client.files.list({ limit: 1 }))).map(({ id }) => id);
        expect(ids.at(-1)).toBe(file.id);
        expect((await client.files.list({ ids: [file.id, "file_none"] })).data).toEqual([file]);
        expect(await client.files.retrieveMetadata(file.id)).toEqual(file);
        expect(await client.files.delete(file.id)).toEqual({ id: file.id, type: "file_deleted" });
        await expect(client.files.retrieveMetadata(file.id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
      });

      it("cannot be downloaded when uploaded, can when made by a tool, cannot once expired", async () => {
        const { id } = await client.files.upload({ file: await textFile() });
        await expect(client.files.download(id)).rejects.toBeInstanceOf(Anthropic.Files.FileNotDownloadableError);
        const made = endpoint.sandbox.world.addFile({ filename: "a.csv", content: "a,b", expiresInSeconds: 3600 });
        expect(await (await client.files.download(made.id)).text()).toBe("a,b");
        endpoint.sandbox.advance(3_600_000);
        await expect(client.files.download(made.id)).rejects.toBeInstanceOf(Anthropic.Files.FileExpiredError);
      });

      it("have the newer shape in the beta namespace, the older one by its header", async () => {
        const newer = await client.beta.files.upload({ file: await textFile() });
        expect(newer).toHaveProperty("expires_at", null);
        const older = await client.beta.files.retrieveMetadata(newer.id, { betas: OLD_FILES });
        expect(older).not.toHaveProperty("expires_at");
        expect((await all(client.beta.files.list({ limit: 1 }))).map(({ id }) => id)).toContain(newer.id);
        expect(await client.beta.files.delete(newer.id)).toEqual({ id: newer.id, type: "file_deleted" });
      });
    });

    describe("skills", () => {
      it("are created, listed, read, versioned and deleted", async () => {
        const skill = await client.skills.create({ files: [await skillFile()], display_name: "Mine" });
        expect(skill).toMatchObject({ display_name: "Mine", source: { type: "custom" } });
        expect(await client.skills.retrieve(skill.id)).toEqual(skill);
        expect((await all(client.skills.list({ source: "custom" }))).map(({ id }) => id)).toEqual([skill.id]);
        expect((await all(client.skills.list({ limit: 1 }))).length).toBe(5);
        const version = await client.skills.versions.create(skill.id, { files: [await skillFile()] });
        expect(version).toMatchObject({ name: "my-skill", description: "Does one thing." });
        const inSkill = { skill_id: skill.id };
        expect((await client.skills.versions.retrieve("latest", inSkill)).id).toBe(version.id);
        const ids = (await all(client.skills.versions.list(skill.id, { limit: 1 }))).map(({ id }) => id);
        expect(ids).toEqual([version.id, skill.latest_version_id]);
        await client.skills.versions.delete(version.id, inSkill);
        expect((await client.skills.retrieve(skill.id)).latest_version_id).toBe(skill.latest_version_id);
        expect(await client.skills.delete(skill.id)).toEqual({ id: skill.id, type: "skill_deleted" });
      });

      it("have the newer shape in the beta namespace, the older one by its header", async () => {
        const { id, latest_version_id } = await client.beta.skills.create({ files: [await skillFile()] });
        const archive = await client.beta.skills.versions.download(latest_version_id, { skill_id: id });
        expect((await archive.arrayBuffer()).byteLength).toBeGreaterThan(100);
        expect(await client.beta.skills.retrieve(id, { betas: OLD_SKILLS })).toMatchObject({
          source: "custom",
          display_title: null,
        });
        await expect(client.beta.skills.delete(id, { betas: OLD_SKILLS })).rejects.toBeInstanceOf(
          Anthropic.BadRequestError,
        );
        expect(await client.beta.skills.delete(id)).toEqual({ id, type: "skill_deleted" });
      });
    });

    describe("errors", () => {
      it("are the SDK's own, with the request's id", async () => {
        const missing = await client.models.retrieve("claude-9").catch((error: unknown) => error);
        expect(missing).toBeInstanceOf(Anthropic.NotFoundError);
        expect(missing).toMatchObject({
          status: 404,
          type: "not_found_error",
          requestID: expect.stringMatching(/^req_/),
        });
        const empty = client.messages.create({ ...HELLO, messages: [] });
        await expect(empty).rejects.toBeInstanceOf(Anthropic.BadRequestError);
      });

      it("are retried twice where that may help", async () => {
        const { faults } = endpoint.sandbox;
        faults.add({ kind: "overloaded", times: 2, headers: AT_ONCE });
        expect((await client.models.list()).data.length).toBeGreaterThan(0);
        faults.add({ kind: "rate_limited", times: 3, headers: AT_ONCE });
        await expect(client.models.list()).rejects.toBeInstanceOf(Anthropic.RateLimitError);
        expect(faults.list()).toEqual([]);
      });

      it("are not retried where the answer forbids it", async () => {
        const { faults } = endpoint.sandbox;
        faults.add({ kind: "server_error", times: 2, headers: { "x-should-retry": "false" } });
        await expect(client.models.list()).rejects.toBeInstanceOf(Anthropic.InternalServerError);
        expect(faults.list()).toHaveLength(1);
      });

      it("name the spend limit", async () => {
        endpoint.sandbox.faults.add({ kind: "spend_limit", headers: { "x-should-retry": "false" } });
        await expect(client.models.list()).rejects.toMatchObject({
          status: 429,
          errorCode: "enforced_spend_limit_reached",
        });
      });
    });
  });
}

/** The SDK's own way to a response's ids. */
async function withIds<T>(request: { withResponse(): Promise<{ data: T; response: Response }> }) {
  const { data, response } = await request.withResponse();
  return {
    data,
    request_id: response.headers.get("request-id"),
    workspace_id: response.headers.get("anthropic-workspace-id"),
  };
}
