import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { connectorJson, manifest, resourceJson } from "../manifest/written.ts";
import { Harness } from "../support/harness.ts";
import { raw } from "../support/raw-request.ts";
import { Receiver } from "../support/receiver.ts";

const SECRET = "a harbour's secret, with spaces";

/** An API that signs in a way of its own: time and body, both in one header; the type in another. */
const HARBOUR = connectorJson({
  handle: "harbour",
  service: {
    inbound: {
      verify: {
        hmac: {
          header: "Harbour-Signature",
          algorithm: "sha256",
          prefix: "v1=",
          signs: "{{timestamp}}.{{body}}",
          timestamp: { header: "Harbour-Signature", prefix: "t=" },
        },
      },
      tolerance: "1m",
      id: ["delivery"],
      type: { header: "Harbour-Event" },
      record: ["thing"],
    },
  },
});
const THINGS = resourceJson({
  webhooks: [{ event: "things.moved", source: { type: "inbound", event: "ThingMoved" } }],
});
/** An API that says how it signs beside its event, and nothing else. */
const BRIEF = connectorJson({ handle: "brief", service: { auth: undefined } });
const NOTES = resourceJson({
  webhooks: [
    { event: "things.noted", source: { type: "inbound", verify: { hmac: { header: "x-sig", algorithm: "sha1" } } } },
  ],
});

let tidewire: Harness;
let receiver: Receiver;
beforeAll(async () => {
  const paths = [manifest(HARBOUR, THINGS), manifest(BRIEF, NOTES)];
  tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: paths.join(",") } });
  receiver = await Receiver.start();
  for (const [connector, credentials] of [
    ["harbour", { apiKey: "k", webhookSecret: SECRET }],
    ["brief", { webhookSecret: SECRET }],
  ] as const) {
    const made = await tidewire.connect("work", { connector, credentials, params: {}, probe: false });
    expect(made).toMatchObject({ inbound_url: `${tidewire.url}/inbound/${connector}/work`, inbound_hint: null });
  }
});
afterAll(async () => {
  await receiver.stop();
  await tidewire.end();
});

const told = async () => (await tidewire.api("GET", "/v1/events?limit=200")).body.result as JsonObject[];
const hmac = (algorithm: string, text: string) => createHmac(algorithm, SECRET).update(text).digest("hex");

function harbour(body: JsonObject, type = "ThingMoved") {
  const text = JSON.stringify(body);
  const at = Math.floor(tidewire.clock.now() / 1_000);
  const signature = `t=${at},v1=${hmac("sha256", `${at}.${text}`)}`;
  const headers = { "harbour-signature": signature, "harbour-event": type, "content-type": "text/plain" };
  return raw(`${tidewire.url}/inbound/harbour/work`, { method: "POST", headers, body: text });
}

it("a webhook of any HMAC API comes as an event of the manifest, its payload made of the record", async () => {
  await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["things.moved"] });
  const body = { delivery: "d-1", thing: { id: "thing_1", name: "Waverley", weight: 9 } };
  expect((await harbour(body)).status).toBe(204);
  await receiver.arrived(1);
  expect(receiver.received()[0]?.body).toMatchObject({
    type: "things.moved",
    connector: "harbour",
    resource: "things",
    data: { id: "thing_1", name: "Waverley" },
  });
});

it("is told once by its id, however often and whenever it is signed anew", async () => {
  const body = { delivery: "d-2", thing: { id: "thing_2" } };
  const before = (await told()).length;
  expect((await harbour(body)).status).toBe(204);
  await tidewire.clock.advance(3_600_000);
  expect((await harbour({ ...body, again: true })).status).toBe(204);
  expect(await told()).toHaveLength(before + 1);
});

it("of a type that the manifest does not name is refused, because a 2xx says that it is stored", async () => {
  const before = (await told()).length;
  const refused = await harbour({ delivery: "d-3", thing: {} }, "ThingSunk");
  expect([refused.status, JSON.parse(refused.body.toString())]).toMatchObject([400, { code: "invalid_input" }]);
  const without = await harbour({ delivery: "d-4" });
  expect(without.status).toBe(400);
  expect(await told()).toHaveLength(before);
});

it("without an id is told from another by its body", async () => {
  const send = (text: string) =>
    raw(`${tidewire.url}/inbound/brief/work`, { method: "POST", headers: { "x-sig": hmac("sha1", text) }, body: text });
  const texts = [
    '{"type":"things.noted","id":"1"}',
    '{"type":"things.noted","id":"1"}',
    '{"type":"things.noted","id":"2"}',
  ];
  for (const text of texts) expect((await send(text)).status).toBe(204);
  const noted = (await told()).filter(({ type }) => type === "things.noted");
  expect(noted.map(({ data }) => (data as JsonObject).id).toSorted()).toEqual(["1", "2"]);
});
