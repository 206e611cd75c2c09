import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Harness } from "../support/harness.ts";

const MESSAGE = { model: "claude-haiku-4-5", max_tokens: 20, messages: [{ role: "user", content: "Hi" }] };

/** What can be found wrong without asking the provider is answered at once, and no job is made of it. */
describe("an asynchronous operation is refused at once", () => {
  let tidewire: Harness;
  beforeAll(async () => {
    tidewire = await Harness.start();
    await tidewire.connect();
  });
  afterAll(() => tidewire.end());

  const ask = (operation: string, input: unknown, key?: string) =>
    tidewire.api("POST", `/v1/connectors/claude-api/operations/${operation}`, input, {
      headers: { prefer: "respond-async" },
      ...(key === undefined ? {} : { key }),
    });
  const form = () => {
    const data = new FormData();
    data.append("file", new File(["a"], "a.txt"));
    return data;
  };
  it.each([
    ["for input that is wrong", "messages.create", () => ({ model: "x" }), 400, "max_tokens"],
    ["for an operation that is not there", "mesages.create", () => MESSAGE, 404, "messages.create"],
    ["for what the API cannot do", "messages.list", () => ({}), 501, "messages.list"],
    ["for a connection that is not there", "messages.create?connection=none", () => MESSAGE, 404, "none"],
    ["for a cursor that is not ours", "models.list", () => ({ cursor: "x" }), 400, "cursor"],
    ["for a credential that the connection lacks", "users.list", () => ({}), 400, "adminKey"],
    ["for a file in a form", "files.upload", form, 400, "base64"],
    ["for an answer that is streamed", "messages.create", () => ({ ...MESSAGE, stream: true }), 400, "streamed"],
    ["for an answer that is rows", "message_batches.results", () => ({ batch_id: "b" }), 400, "streamed"],
    ["for an answer that is bytes", "files.download", () => ({ file_id: "f" }), 400, "streamed"],
  ])("%s", async (_, operation, input, status, words) => {
    const answer = await ask(operation, input());
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(words);
    expect(answer.headers.has("location")).toBe(false);
    expect((await tidewire.api("GET", "/v1/jobs")).body.result).toEqual([]);
  });

  it("for a key without the scope", async () => {
    const made = await tidewire.api("POST", "/v1/keys", { name: "reader", scopes: ["actions:read"] });
    const { key } = made.body.result as { key: string };
    expect(await ask("messages.create", MESSAGE, key)).toMatchObject({ status: 403 });
    expect(await ask("models.list", {}, key)).toMatchObject({ status: 202 });
  });
});
