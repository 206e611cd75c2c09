import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { datedClock } from "../support/dated-clock.ts";
import { Harness } from "../support/harness.ts";
import { type Answer, Upstream } from "../support/upstream.ts";
import { BATCH_MS, type ClaudeEndpoint, claudeSdkSuite } from "./claude-sdk.suite.ts";
import { claudeSdkAdminSuite } from "./claude-sdk-admin.suite.ts";

const HELLO = {
  model: "claude-opus-5-5",
  max_tokens: 200,
  messages: [{ role: "user" as const, content: "Hello" }],
};

/** The real product before the sandbox. The sandbox takes no key but Anthropic's, so a key of ours that got through would be refused. */
async function open(scopes = ["admin"]): Promise<ClaudeEndpoint & { tidewire: Harness }> {
  const sandbox = createSandbox({ clock: datedClock("2026-11-20T08:00:00Z"), batchMs: BATCH_MS });
  const tidewire = await Harness.start({ sandbox });
  await tidewire.connect("work", { credentials: { apiKey: "sk-ant-api03-theirs", adminKey: "sk-ant-admin01-theirs" } });
  // A new connection is swept at once; by the clock turned by hand it then is not again, and faults meet the SDK alone.
  for (const resource of ["models", "files", "skills", "message_batches"]) await tidewire.sweep(resource);
  const answer = await tidewire.api("POST", "/v1/keys", { name: "sdk", scopes });
  return {
    baseURL: `${tidewire.url}/v1/proxy/claude-api`,
    apiKey: (answer.body.result as { key: string }).key,
    sandbox,
    close: () => tidewire.end(),
    tidewire,
  };
}

// The very suites that the sandbox passes, with nothing but the base URL and the key changed.
claudeSdkSuite("the proxy", open);
claudeSdkAdminSuite("the proxy", open);

describe("the official SDK with a key that may only run operations", () => {
  let endpoint: Awaited<ReturnType<typeof open>>;
  let client: Anthropic;
  beforeAll(async () => {
    endpoint = await open(["actions:read", "actions:write"]);
    client = new Anthropic({ baseURL: endpoint.baseURL, apiKey: endpoint.apiKey, maxRetries: 0 });
  });
  afterAll(() => endpoint.close());

  it("reads a batch's results by the address that the batch gives, which is the proxy's", async () => {
    const { id } = await client.messages.batches.create({ requests: [{ custom_id: "a", params: HELLO }] });
    endpoint.sandbox.advance(BATCH_MS);
    const { results_url } = await client.messages.batches.retrieve(id);
    expect(results_url).toBe(`${endpoint.baseURL}/v1/messages/batches/${id}/results`);
    for await (const { custom_id, result } of await client.messages.batches.results(id)) {
      expect([custom_id, result.type]).toEqual(["a", "succeeded"]);
    }
  });

  it("sees rate limits and request ids, and the provider's errors as its own", async () => {
    const { response, request_id } = await client.messages.create(HELLO).withResponse();
    expect(response.headers.get("anthropic-ratelimit-requests-limit")).toMatch(/^\d+$/);
    expect(request_id).toMatch(/^req_/);
    expect(request_id).not.toBe(response.headers.get("tidewire-request-id"));
    const wrong = client.messages.create({ ...HELLO, max_tokens: -1 });
    await expect(wrong).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
  });

  it("is refused what no operation names, as permission denied", async () => {
    await expect(client.get("/v1/nothing")).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
  });
});

describe("a stream through the official SDK", () => {
  let endpoint: Awaited<ReturnType<typeof open>>;
  let upstream: Upstream;
  let client: Anthropic;
  beforeAll(async () => {
    endpoint = await open();
    upstream = await Upstream.start();
    const baseUrl = `${upstream.url}/v1`;
    await endpoint.tidewire.api("POST", "/v1/connections?probe=false", {
      connector: "claude-api",
      name: "slow",
      credentials: { apiKey: "sk-ant-api03-theirs" },
      params: { baseUrl },
    });
    const defaultHeaders = { "tidewire-connection": "slow" };
    client = new Anthropic({ baseURL: endpoint.baseURL, apiKey: endpoint.apiKey, maxRetries: 0, defaultHeaders });
  });
  afterAll(async () => {
    await endpoint.close();
    await upstream.stop();
  });

  const STARTED = { type: "message_start", message: { id: "msg_1", content: [] } };

  /** Begins to answer messages, and then nothing more; all else, such as a poller's, is answered with nothing. */
  const begins: Answer = (response, { method }) => {
    if (method !== "POST") return void response.end("{}");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: message_start\ndata: ${JSON.stringify(STARTED)}\n\n`);
  };

  it("gives the first event before the provider has ended, and an abort ends it there", async () => {
    upstream.script(begins);
    const stream = await client.messages.create({ ...HELLO, stream: true });
    const events = stream[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ done: false, value: STARTED });
    expect(upstream.brokenOff).toBe(0);
    stream.controller.abort();
    while (upstream.brokenOff === 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
