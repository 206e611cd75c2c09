import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { openRaw, raw } from "../support/raw-request.ts";
import { Receiver, verified } from "../support/receiver.ts";

const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const OTHER = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;

/** Claude's own webhooks, from the sandbox over sockets to a subscriber. */
describe("webhooks of the provider", () => {
  let tidewire: Harness;
  let receiver: Receiver;
  let connection: JsonObject;

  beforeAll(async () => {
    tidewire = await Harness.start();
    receiver = await Receiver.start();
    const credentials = { apiKey: "sk-ant-test", webhookSecret: SECRET };
    connection = await tidewire.connect("work", { credentials });
  });
  afterAll(async () => {
    await receiver.stop();
    await tidewire.end();
  });

  const address = (name = "work") => `${tidewire.url}/inbound/claude-api/${name}`;
  /** Lets the sandbox send one; gives its event and the status that it got. */
  const send = (more: { url?: string; secret?: string; type?: string; id?: string } = {}) =>
    tidewire.sandbox.world.sendWebhook({ url: address(), secret: SECRET, type: "session.status_idled", ...more });
  const events = async (query = "") =>
    (await tidewire.api("GET", `/v1/events?limit=200${query}`)).body.result as JsonObject[];
  const subscribe = async (path: string, more: JsonObject) => {
    const answer = await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(path), ...more });
    if (answer.status !== 201) throw new Error(answer.text);
    return String((answer.body.result as JsonObject).secret);
  };
  /** Signs a body as Claude would, now. */
  const signed = (body: string, { secret = SECRET, id = "whe_hand", at = tidewire.clock.now() } = {}) => ({
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at / 1_000)),
    "webhook-signature": new Webhook(secret).sign(id, new Date(at), body),
  });
  const post = (body: string | Buffer, headers: Record<string, string>, url = address()) =>
    raw(url, { method: "POST", headers, body });
  const problem = ({ body }: { body: Buffer }) => JSON.parse(body.toString()) as JsonObject;
  /** What is counted, by outcome. */
  const counted = async (outcome: string, connector = "claude-api") => {
    await tidewire.clock.advance(1_000); // the metrics are read once a second
    const { text } = await tidewire.api("GET", "/metrics");
    const line = `tidewire_inbound_webhooks_total{connector="${connector}",outcome="${outcome}"} `;
    return Number(
      text
        .split("\n")
        .find((one) => one.startsWith(line))
        ?.slice(line.length) ?? 0,
    );
  };

  it("goes from the provider to a subscription, in its format, signed anew; once, however often it is sent", async () => {
    const secret = await subscribe("/sessions", { events: ["session.*"], connection: "work" });
    await subscribe("/raw", { events: ["session.status_idled"], format: "raw" });
    await subscribe("/idle", {
      events: ["session.*"],
      filter: { field: ["data", "type"], equals: "session.status_terminated" },
    });
    const { event, status } = await send();
    expect(status).toBe(204);
    await receiver.arrived(2);
    const [webhook] = receiver.received("/sessions");
    const data = event.data as JsonObject;
    expect(verified(webhook!, secret, tidewire.clock.now())).toMatchObject({
      id: expect.stringMatching(/^evt_/) as string,
      type: "session.status_idled",
      connector: "claude-api",
      connection: "work",
      resource: "sessions",
      timestamp: new Date(tidewire.clock.now()).toISOString(),
      data: { ...data, event_id: event.id, created_at: event.created_at, session_thread_id: null },
    });
    expect(receiver.received("/raw")[0]?.body).toEqual(webhook?.body.data);
    expect(receiver.received("/idle")).toEqual([]);
    expect((await send({ id: String(event.id) })).status).toBe(204);
    expect(await Promise.all([1, 2, 3].map(async () => (await send({ id: "whe_same" })).status))).toEqual([
      204, 204, 204,
    ]);
    await receiver.arrived(4);
    expect(receiver.received("/sessions")).toHaveLength(2);
    expect(await events("&type=session.*")).toHaveLength(2);
    expect(await counted("stored")).toBe(2);
    expect(await counted("repeated")).toBe(3);
  });

  it("is in the feed, the samples and the catalogue like any other", async () => {
    const stop = new AbortController();
    const feed = await openRaw(`${tidewire.url}/v1/events/stream?type=vault.*`, {
      headers: { authorization: `Bearer ${tidewire.rootKey}` },
      signal: stop.signal,
    });
    const { event } = await send({ type: "vault.created" });
    let text = "";
    for await (const chunk of feed) {
      text += String(chunk);
      if (text.includes("vault.created")) break;
    }
    stop.abort();
    expect(text).toContain(`"event_id":"${String(event.id)}"`);
    const samples = (await tidewire.api("GET", "/v1/event-types/vault.created/samples"))
      .body as unknown as JsonObject[];
    expect(samples[0]).toMatchObject({ type: "vault.created", data: { event_id: event.id } });
    const [sample] = (await tidewire.api("GET", "/webhooks/claude-api/vault.archived")).body as unknown as JsonObject[];
    expect(sample).toMatchObject({ type: "vault.archived", data: { type: "vault.archived" } });
    const { paths, webhooks } = (await tidewire.api("GET", "/openapi.json")).body as Record<string, JsonObject>;
    expect(paths).toMatchObject({ "/inbound/{connector}/{connection}": { post: { security: [] } } });
    expect(webhooks).toHaveProperty(["vault.archived"]);
  });

  it("of a type that the connector does not name is passed on all the same", async () => {
    const { event, status } = await send({ type: "session.new_kind" });
    expect(status).toBe(204);
    expect((await events("&type=other_events.received"))[0]).toMatchObject({
      resource: "other_events",
      data: { type: "session.new_kind", event_id: event.id, data: event.data },
    });
  });

  it("is taken at the connection's id and at the connector's other name, and for a connection that must be authorized again", async () => {
    const body = (id: string) => JSON.stringify({ type: "event", id, data: { type: "agent.created", id: "agent_1" } });
    for (const [id, path] of [
      ["whe_by_id", `/inbound/claude-api/${String(connection.id)}`],
      ["whe_alias", "/inbound/anthropic/work"],
    ] as const) {
      expect((await post(body(id), signed(body(id), { id }), tidewire.url + path)).status).toBe(204);
    }
    const bad = { apiKey: "sk-ant-invalid", webhookSecret: SECRET };
    const made = await tidewire.connect("lapsed", { credentials: bad, probe: false });
    await tidewire.api("POST", `/v1/connections/${String(made.id)}/test`);
    const lapsed = await tidewire.api("GET", `/v1/connections/${String(made.id)}`);
    expect(lapsed.body.result).toMatchObject({ state: "needs_reauth" });
    expect((await send({ url: address("lapsed") })).status).toBe(204);
  });

  it("is refused, all alike, when it is not proven to be the provider's now; nothing is written", async () => {
    const before = await events("&connection=work");
    const body = '{"type":"event","data":{"type":"session.idled","id":"sesn_1"}}';
    const { "webhook-signature": _, ...unsigned } = signed(body);
    const hour = 3_600_000;
    const refused = await Promise.all([
      post(body, signed(body, { secret: OTHER })),
      post(body, unsigned),
      post(`${body} `, signed(body)),
      post(body, { ...signed(body), "webhook-id": "whe_other" }),
      post(body, signed(body, { at: tidewire.clock.now() - hour })),
      post(body, signed(body, { at: tidewire.clock.now() + hour })),
      post("no json", signed(body)),
      post("", {}),
    ]);
    const [first] = refused.map(problem);
    expect(first).toMatchObject({ status: 401, code: "signature_invalid", errors: [] });
    for (const answer of refused) {
      expect(answer.headers["content-type"]).toBe("application/problem+json");
      expect({ ...problem(answer), request_id: "" }).toEqual({ ...first, request_id: "" });
    }
    expect(await events("&connection=work")).toEqual(before);
    expect(await counted("signature_invalid")).toBe(refused.length);
  });

  it("seen by somebody and sent again is no second event, and after five minutes is refused", async () => {
    const body = '{"type":"event","id":"whe_seen","data":{"type":"session.idled","id":"sesn_1"}}';
    const seen = signed(body, { id: "whe_seen" });
    expect((await post(body, seen)).status).toBe(204);
    expect((await post(body, seen)).status).toBe(204);
    expect(await events("&type=session.idled")).toHaveLength(1);
    await tidewire.clock.advance(301_000);
    expect((await post(body, seen)).status).toBe(401);
    expect(await events("&type=session.idled")).toHaveLength(1);
  });

  it("that is the provider's but cannot be read is refused as such", async () => {
    const cases: [string, string][] = [
      ["no json", "invalid_json"],
      [`${"[".repeat(600)}${"]".repeat(600)}`, "invalid_json"],
      ["{}", "invalid_input"],
      ['{"data":{"type":""}}', "invalid_input"],
      ['{"data":{"type":{}}}', "invalid_input"],
    ];
    for (const [body, code] of cases) {
      const answer = await post(body, signed(body));
      expect([answer.status, problem(answer).code]).toEqual([400, code]);
    }
  });

  it("is counted and logged with what came of it, never with its body or signature", async () => {
    await tidewire.forgetLogs();
    const body = '{"type":"event","data":{"type":"session.idled","id":"sesn_confidential"}}';
    const headers = signed(body, { secret: OTHER });
    await post(body, headers);
    await post(body, signed(body, { id: "whe_logged" }));
    const told = await tidewire.requestsLogged("inbound", 2);
    const lines = tidewire.logs.join("");
    expect(told.map(({ connector, connection, outcome, status }) => [connector, connection, outcome, status])).toEqual([
      ["claude-api", "work", "signature_invalid", 401],
      ["claude-api", "work", "stored", 204],
    ]);
    for (const secret of ["sesn_confidential", headers["webhook-signature"], SECRET.slice(6)])
      expect(lines).not.toContain(secret);
  });

  it("has the same 404 for a connector, a connection or webhooks that are not there", async () => {
    const answers = await Promise.all(
      ["/inbound/claude-api/nobody", "/inbound/nothing/work", "/inbound/__proto__/work"].map((path) =>
        post("{}", signed("{}"), tidewire.url + path),
      ),
    );
    const [first] = answers.map(problem);
    expect(first).toMatchObject({ status: 404, code: "not_found" });
    for (const answer of answers) expect({ ...problem(answer), request_id: "" }).toEqual({ ...first, request_id: "" });
    expect(await counted("not_found", "(none)")).toBe(2);
  });

  it("finds out at once, and in the connection's view, that no secret is set; and takes what comes once it is", async () => {
    const made = await tidewire.connect("new");
    const view = async () =>
      (await tidewire.api("GET", `/v1/connections/${String(made.id)}`)).body.result as JsonObject;
    expect(await view()).toMatchObject({
      inbound_url: address("new"),
      inbound_hint: expect.stringContaining("credentials.webhookSecret") as string,
    });
    const refusal = await post("{}", signed("{}"), address("new"));
    expect(problem(refusal)).toMatchObject({ status: 400, code: "credential_missing" });
    const path = `/v1/connections/${String(made.id)}`;
    const wrong = await tidewire.api("PATCH", path, { credentials: { webhookSecret: "no secret!" } });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ at: "credentials.webhookSecret" }] } });
    await tidewire.api("PATCH", path, { credentials: { webhookSecret: `${OTHER} ${SECRET}` } });
    expect((await view()).inbound_hint).toBeNull();
    expect((await send({ url: address("new") })).status).toBe(204);
    expect((await send({ url: address("new"), secret: OTHER })).status).toBe(204);
  });

  it("has a body of 1 MiB at most, whether it says so or not", async () => {
    const full = JSON.stringify({ data: { type: "session.pending", id: "x".repeat(1024 * 1024 - 48) } });
    const body = full.padEnd(1024 * 1024);
    expect((await post(body, signed(body, { id: "whe_full" }))).status).toBe(204);
    const longer = `${body} `;
    const said = { ...signed(longer), "content-length": String(longer.length) };
    expect((await post(longer, said)).status).toBe(413);
    async function* pieces() {
      for (let n = 0; n < 17; n++) yield Buffer.alloc(64 * 1024, " ");
    }
    const streamed = await raw(address(), { method: "POST", headers: signed(longer), body: pieces() });
    expect([streamed.status, problem(streamed).code]).toEqual([413, "payload_too_large"]);
  });
});
