import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { type Answer, Harness } from "../support/harness.ts";

const OLD_SHAPE = { anthropicBeta: "files-api-2025-04-14,skills-2025-10-02" };
const SKILL = "---\nname: greeter\ndescription: Greets people.\n---\nSay hello.";

/** The whole Claude API over HTTP: names of other catalogues, the Admin key, money, and what the API cannot do. */
describe("the whole API", () => {
  let tidewire: Harness;
  beforeAll(async () => {
    tidewire = await Harness.start();
    await tidewire.connect("work", { params: { baseUrl: `${tidewire.upstreamUrl}/v1` } });
  });
  afterAll(() => tidewire.end());

  const call = (method: string, name: string, input?: object, query = "", connector = "claude-api"): Promise<Answer> =>
    tidewire.api(method, `/v1/connectors/${connector}/operations/${encodeURIComponent(name)}${query}`, input);
  const available = async (query = "") => {
    const { body } = await tidewire.api("GET", `/v1/connectors/claude-api${query}`);
    const { operations } = body.result as { operations: { name: string; available: boolean }[] };
    return operations.filter((operation) => operation.available).map(({ name }) => name);
  };

  it("answers to other names, with arguments of other shapes", async () => {
    const models = await call("POST", "models.list", { limit: 2 });
    const same: [method: string, name: string, input: object | undefined, query: string, connector?: string][] = [
      ["POST", "list_models", { limit: 2 }, ""],
      ["POST", "Query: List Models", { limit: 2 }, ""],
      ["POST", "GET /v1/models", { limit: 2 }, ""],
      ["GET", "list_all_anthropic_models", undefined, "?limit=2"],
      ["GET", "anthropic_list_models", undefined, "?limit=2", "anthropic"],
    ];
    for (const [method, name, input, query, connector] of same) {
      const answer = await call(method, name, input, query, connector);
      expect(answer.body.result, name).toEqual(models.body.result);
    }
    const [model] = models.body.result as JsonObject[];
    expect((await call("GET", "get_model", undefined, `?id=${String(model?.id)}`)).body.result).toEqual(model);
    const files = await call("GET", "list_files", undefined, `?query=${encodeURIComponent('{"limit": 1}')}`);
    expect(files).toMatchObject({ status: 200, body: { result: [], next_cursor: null } });
    expect((await call("POST", "get_file", { id: "file_1", file_id: "file_2" })).body).toMatchObject({
      code: "invalid_input",
      errors: [{ at: "id" }],
    });
  });

  it("sends a message in the shape of a form, and counts one", async () => {
    for (const name of ["send_message", "Action: Send Message"]) {
      const sent = await call("POST", name, { model: "claude-opus-5-5", max_tokens: 30, content: 'Say "hi"' });
      expect(sent).toMatchObject({ status: 200, body: { result: { role: "assistant" } } });
    }
    const payload = { model: "claude-opus-5-5", messages: [{ role: "user", content: "Hi" }] };
    const counted = await call("POST", "count_message_tokens", { payload });
    expect(counted.body.result).toEqual({ input_tokens: expect.any(Number) as number });
    // Of the catalogue that this name is from, most tokens are 4096 unless said.
    expect(await call("POST", "create_message", payload)).toMatchObject({ status: 200 });
  });

  it("says what the API cannot do, and passes on what it does no more", async () => {
    for (const name of ["messages.list", "list_messages"])
      expect(await call("POST", name, { limit: 1 })).toMatchObject({
        status: 501,
        body: { code: "unsupported", detail: expect.stringContaining("The API keeps no messages") as string },
      });
    expect((await call("POST", "create_a_anthropic_generate_prompt", { task: "Plan meals" })).body).toMatchObject({
      code: "upstream_error",
      upstream: { status: 404, type: "not_found_error" },
    });
  });

  it("keeps the organization's operations for accounts that have the Admin key", async () => {
    expect(await available()).not.toContain("users.list");
    expect(await call("POST", "list_users", { query: { limit: 2 } })).toMatchObject({
      status: 400,
      body: { code: "credential_missing", detail: expect.stringContaining("adminKey") as string },
    });
    const credentials = { apiKey: "sk-ant-test", adminKey: "sk-ant-admin-test" };
    await tidewire.connect("company", { credentials });
    const users = await call("POST", "list_users", { query: { limit: 2 } }, "?connection=company");
    expect(users.body).toMatchObject({
      result: [{ role: expect.any(String) as string }, {}],
      meta: { connection: "company" },
    });
    expect(await available("?connection=company")).toContain("users.list");
    expect(await available("?connection=work")).not.toContain("users.list");
  });

  it("tells costs as exact decimals of the currency's unit, or as the provider does", async () => {
    const input = { starting_at: "2026-11-01T00:00:00Z", ending_at: "2026-11-03T00:00:00Z" };
    const amounts = async (fields: string) => {
      const answer = await call("POST", "cost_reports.list", input, `?connection=company&fields=${fields}`);
      const buckets = answer.body.result as { results: { amount: unknown }[] }[];
      return buckets.flatMap(({ results }) => results.map(({ amount }) => amount));
    };
    const [selected, raw] = [await amounts("selected"), await amounts("raw")];
    expect(selected.length).toBeGreaterThan(0);
    expect(selected.every((amount) => typeof amount === "string")).toBe(true);
    expect(selected.map((amount) => Number(amount) * 100)).toEqual(
      raw.map((amount) => expect.closeTo(Number(amount), 6) as number),
    );
  });

  it.each([
    ["today's version", { anthropicVersion: "2026-10-21" }, "display_name"],
    ["the old shapes", OLD_SHAPE, "display_title"],
  ])("tells the same events in %s", async (name, params, label) => {
    const account = name.replaceAll(/\W/g, "-");
    await tidewire.connect(account, { params: { ...params, baseUrl: `${tidewire.upstreamUrl}/v1` } });
    const polled = ["models", "files", "skills", "message_batches"];
    for (const resource of polled) expect(await tidewire.sweep(resource, account)).toMatchObject({ complete: true });
    await tidewire.api("POST", "/v1/subscriptions", {
      url: "http://127.0.0.1:9/nobody",
      events: ["files.*", "skills.*"],
      connection: account,
    });
    const query = `?connection=${account}`;
    const upload = new FormData();
    upload.append("file", new File(["a,b"], "table.csv", { type: "text/csv" }));
    const file = await tidewire.run("files.upload", upload, query);
    const form = new FormData();
    form.append("files", new File([SKILL], "greeter/SKILL.md"), "greeter/SKILL.md");
    form.append(label, "Greeter");
    const skill = await tidewire.run("skills.create", form, query);
    for (const resource of ["files", "skills"])
      expect(await tidewire.sweep(resource, account)).toMatchObject({ added: 1, changed: 0, events: 1 });
    await tidewire.run("files.delete", { file_id: file.id }, query);
    await tidewire.sweep("files", account);
    await tidewire.sweep("files", account);
    const { body } = await tidewire.api("GET", `/v1/events?connection=${account}`);
    const told = (body.result as JsonObject[]).map(({ type, data }) => [type, (data as JsonObject).id]);
    expect(told.sort()).toEqual([
      ["files.created", file.id],
      ["files.deleted", file.id],
      ["skills.created", skill.id],
    ]);
  });
});
