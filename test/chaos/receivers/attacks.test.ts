import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { answerWith, type Peer, startPeer } from "../../net/peer.ts";
import { type Answer, Harness } from "../../support/harness.ts";
import { NameServer } from "../../support/name-server.ts";
import { type TargetRow, targetUrls } from "../../support/target-urls.ts";

const { rows } = targetUrls;
const refused = rows.filter((row) => row.expect === "reject");
const accepted = rows.filter((row) => row.expect === "accept");
const titled = (list: TargetRow[]) => list.map((row) => [row.cls, JSON.stringify(row.url).slice(0, 60), row] as const);

let harness: Harness;
let names: NameServer;
/** On an address of this machine that nobody allowed: whoever connects to it found a way in. */
let secret: Peer;
/** The receiver that is allowed. */
let open: Peer;

beforeAll(async () => {
  names = await NameServer.start();
  open = await startPeer((socket) => socket.write(answerWith("public")));
  secret = await startPeer((socket) => socket.write(answerWith("private")), undefined, {
    host: "127.0.0.2",
    port: open.port,
  });
  harness = await Harness.start({
    lookup: names.lookup,
    env: {
      TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1,10.0.0.0/8,169.254.0.0/16,fd00::/8,db.corp",
      TIDEWIRE_ALLOWED_UPSTREAMS: "127.0.0.1,169.254.0.0/16,fd00::/8",
    },
  });
  await harness.connect();
});

afterAll(async () => {
  expect(secret.connections).toBe(0);
  await harness.end();
  await Promise.all([open.close(), secret.close(), names.close()]);
});

const subscribe = (url: string, more: JsonObject = {}) =>
  harness.api("POST", "/v1/subscriptions", { url, events: ["files.*"], ...more });

/** The one mistake that a refusal tells; the answer is a problem in plain JSON, with nothing that a terminal or browser obeys. */
function mistakeOf(answer: Answer, code: string): JsonObject {
  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({ status: 400, code, errors: [expect.anything()] });
  expect(answer.text).not.toMatch(/\p{Cc}/u);
  return (answer.body.errors as JsonObject[])[0] as JsonObject;
}

describe("a product that allows nothing beside the public internet", () => {
  let strict: Harness;
  beforeAll(async () => {
    strict = await Harness.start({
      lookup: names.lookup,
      env: { TIDEWIRE_ALLOWED_TARGETS: "", TIDEWIRE_ALLOWED_UPSTREAMS: "" },
    });
  });
  afterAll(() => strict.end());

  describe.each([
    ["a subscription", "/v1/subscriptions", (url: string) => ({ url, events: ["files.*"] })],
    ["a REST hook", "/webhooks/claude-api/files.created", (url: string) => ({ hookUrl: url })],
  ])("refuses for %s", (_what, path, bodyOf) => {
    test.each(titled(refused))("%s %s", async (_cls, _url, { url, reason }) => {
      const mistake = mistakeOf(await strict.api("POST", path, bodyOf(url)), "invalid_target");
      expect(mistake).toMatchObject({ at: "url", code: reason });
    });
  });

  test.each(titled(refused))("refuses for a connection %s %s", async (_cls, _url, { url, reason }) => {
    const answer = await strict.api("POST", "/v1/connections", {
      connector: "claude-api",
      name: "evil",
      credentials: { apiKey: "sk-ant-test" },
      params: { baseUrl: url },
    });
    // An empty parameter is one that is not given.
    if (url === "") mistakeOf(answer, "invalid_input");
    else expect(mistakeOf(answer, "invalid_upstream")).toMatchObject({ at: "params.baseUrl", code: reason });
  });

  test.each(titled(accepted))("takes for a subscription, without a look-up, %s %s", async (_cls, _url, { url }) => {
    const before = names.asked.length;
    const made = await strict.api("POST", "/v1/subscriptions", { url, events: ["files.*"] });
    expect(made.status).toBe(201);
    expect(names.asked.length).toBe(before);
  });

  test("refuses a change of a subscription's URL in the same way", async () => {
    const made = await strict.api("POST", "/v1/subscriptions", { url: "https://start.example/", events: ["files.*"] });
    const { id } = made.body.result as { id: string };
    for (const { url, reason } of refused) {
      const mistake = mistakeOf(await strict.api("PATCH", `/v1/subscriptions/${id}`, { url }), "invalid_target");
      expect([url, mistake.code]).toEqual([url, reason]);
    }
    const kept = await strict.api("GET", `/v1/subscriptions/${id}`);
    expect((kept.body.result as JsonObject).url).toBe("https://start.example/");
  });

  test.each(["localhost", "metadata.google.internal", "127.0.0.1"])(
    "has no way to %s by a name of ours",
    async (host) => {
      const answer = await strict.api("POST", "/v1/subscriptions", {
        url: `http://${host}:${open.port}/`,
        events: ["*"],
      });
      mistakeOf(answer, "invalid_target");
    },
  );
});

describe("an operator who allows private networks", () => {
  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "https://168.63.129.16/machine",
    "https://192.0.0.192/opc/v2/",
    "http://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://0xA9FEA9FE/",
    "http://169.254.170.2/v2/credentials",
    "http://[fd00:c1::a9fe:a9fe]/opc/v2/",
  ])("does not allow %s with them", async (url) => {
    mistakeOf(await subscribe(url), "invalid_target");
  });

  test.each(["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "168.63.129.16"])(
    "does not allow a name that leads to %s, not even one that is allowed itself",
    async (address) => {
      names.name("db.corp", [address]);
      const outcome = await trial("http://db.corp/");
      expect(outcome).toMatchObject({ ok: false, class: "blocked", status: null, response_body: null });
    },
  );
});

/** What a subscription's test tells of its URL. */
async function trial(url: string): Promise<JsonObject> {
  const made = await subscribe(url);
  expect(made.status).toBe(201);
  const tried = await harness.api("POST", `/v1/subscriptions/${String((made.body.result as JsonObject).id)}/test`);
  return tried.body.result as JsonObject;
}

describe("a name that leads inwards", () => {
  test("is taken when it is registered, and blocked each time it would be called", async () => {
    names.name("inner.example", ["127.0.0.2"]);
    expect(await trial(`https://inner.example:${open.port}/`)).toMatchObject({ class: "blocked", status: null });
  });

  test("after it led outwards is blocked from then on, and its deliveries say so", async () => {
    names.name("rebind.example", ["127.0.0.1"], ["127.0.0.2"]);
    const url = `https://rebind.example:${open.port}/`;
    const reached = open.connections;
    expect(await trial(url)).toMatchObject({ class: "tls" }); // it speaks no TLS, but it was reached
    expect(open.connections).toBe(reached + 1);
    const delivery = await firstTry(await subscriptionId(url, ["messages.created"]));
    expect(delivery).toMatchObject({ status: "pending", attempts: [{ class: "blocked", status: null }] });
    expect(open.connections).toBe(reached + 1);
  });

  test("is refused as a provider: by the probe, by operations and by the proxy", async () => {
    names.name("api.example", ["127.0.0.2"]);
    const connect = (query: string) =>
      harness.api("POST", `/v1/connections${query}`, {
        connector: "claude-api",
        name: "inner",
        credentials: { apiKey: "sk-ant-stolen" },
        params: { baseUrl: `https://api.example:${open.port}/v1` },
      });
    expect((await connect("")).body).toMatchObject({ status: 400, code: "invalid_upstream" });
    expect((await connect("?probe=false")).status).toBe(201);
    const called = await harness.api("POST", "/v1/connectors/claude-api/operations/models.list?connection=inner", {});
    expect(called.body).toMatchObject({ code: "invalid_upstream" });
    const proxied = await harness.api("GET", "/v1/proxy/claude-api/v1/models?connection=inner");
    expect(proxied.body).toMatchObject({ code: "invalid_upstream" });
    for (const { text } of [called, proxied]) expect(text).not.toContain("sk-ant-stolen");
  });

  test.each(["169.254.169.254", "fd00:ec2::254"])(
    "is refused as a provider at %s, though the operator allows its network",
    async (address) => {
      names.name("meta.example", [address]);
      const connected = await harness.api("POST", "/v1/connections", {
        connector: "claude-api",
        name: "meta",
        credentials: { apiKey: "sk-ant-stolen" },
        params: { baseUrl: "https://meta.example/v1" },
      });
      expect(connected.body).toMatchObject({ status: 400, code: "invalid_upstream" });
    },
  );
});

async function subscriptionId(url: string, events: string[]): Promise<string> {
  const made = await subscribe(url, { events });
  return String((made.body.result as JsonObject).id);
}

/** Makes an event happen, and gives the subscription's delivery once it was tried. */
async function firstTry(subscription: string): Promise<JsonObject> {
  const message = { model: "claude-opus-5-5", max_tokens: 10, messages: [{ role: "user", content: "Hi" }] };
  await harness.run("messages.create", message, "?connection=work");
  for (;;) {
    const listed = await harness.api("GET", `/v1/deliveries?subscription=${subscription}`);
    const [delivery] = listed.body.result as JsonObject[];
    if (delivery !== undefined && delivery.attempt_count !== 0) {
      const { body } = await harness.api("GET", `/v1/deliveries/${String(delivery.id)}`);
      return body.result as JsonObject;
    }
  }
}

describe("what a receiver answers", () => {
  test("is shown escaped, as JSON, and invalid bytes as U+FFFD", async () => {
    const nasty = Buffer.concat([
      Buffer.from('<script>alert(1)</script>\u001b[2J\u001b]0;owned\u0007\0\r\n"},{"a":"'),
      Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]),
    ]);
    const receiver = await startPeer((socket) => {
      socket.write(`HTTP/1.1 500 <script>\r\nx-a: <script>\r\ncontent-length: ${nasty.length}\r\n\r\n`);
      socket.write(nasty);
    });
    const { id } = await firstTry(await subscriptionId(receiver.url, ["messages.created"]));
    const shown = await harness.api("GET", `/v1/deliveries/${String(id)}`);
    await receiver.close();
    expect(shown.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(shown.headers.get("x-content-type-options")).toBe("nosniff");
    expect(shown.text).not.toMatch(/\p{Cc}/u);
    const [tried] = (shown.body.result as { attempts: JsonObject[] }).attempts;
    expect(tried).toMatchObject({
      class: "http_5xx",
      status: 500,
      error: "the receiver answered 500",
      response_body: nasty.toString("utf8"),
    });
    expect(harness.logs.join("")).not.toContain("owned");
  });
});

describe("a subscription's headers", () => {
  test.each([
    ["a line break in the value", "x-a", "1\r\nhost: evil.example"],
    ["a line feed in the value", "x-a", "1\nx-b: 2"],
    ["a bare carriage return in the value", "x-a", "1\rx-b: 2"],
    ["NUL in the value", "x-a", "1\u0000"],
    ["an escape sequence in the value", "x-a", "\u001b[31m"],
    ["characters that become a line break when cut to a byte", "x-a", "1\u010d\u010ax-b: 2"],
    ["characters beyond ASCII in the value", "x-a", "caf\u00e9"],
    ["a space at the end of the value", "x-a", "1 "],
    ["an empty value", "x-a", ""],
    ["a line break in the name", "x-a\r\nx-b", "1"],
    ["a colon in the name", "x-a: 1", "2"],
    ["a space in the name", "x a", "1"],
    ["an empty name", "", "1"],
    ["a letter that only looks like one of host's", "h\u043est", "evil.example"],
    ["Host in capitals", "HOST", "evil.example"],
    ["a letter that becomes k in lower case", "\u212aeep-alive", "timeout=1"],
    ["the framing", "Transfer-Encoding", "chunked"],
    ["a length", "Content-Length", "0"],
    ["an encoding", "Content-Encoding", "gzip"],
    ["a forged signature", "Webhook-Signature", "v1,AAAA"],
    ["a forged id", "webhook-id", "evt_1"],
    ["a forged source", "X-Forwarded-For", "127.0.0.1"],
    ["a cookie", "Cookie", "session=1"],
    ["an upgrade", "Upgrade", "websocket"],
    ["a connection option", "Connection", "close, webhook-id"],
    ["a login of the proxy", "Proxy-Authorization", "Basic eA=="],
    ["a number of the try", "tidewire-attempt", "1"],
  ])("may not hold %s", async (_what, name, value) => {
    const answer = await subscribe(open.url, { headers: { [name]: value } });
    const mistake = mistakeOf(answer, "invalid_input");
    expect(mistake.at).toBe(`headers.${name.toLowerCase()}`);
    if (value.length > 3) expect(answer.text).not.toContain(JSON.stringify(value).slice(1, -1));
  });

  test("of names that a program's objects have are headers like any other", async () => {
    const answer = await harness.api(
      "POST",
      "/v1/subscriptions",
      `{"url":"${open.url}","events":["files.*"],"headers":{"constructor":"1","tostring":"2","__proto__":{"polluted":"3"}}}`,
    );
    expect(answer.status).toBe(201);
    const { headers } = answer.body.result as { headers: JsonObject };
    expect(Object.keys(headers)).toEqual(["constructor", "tostring"]);
    expect([({} as JsonObject).polluted, headers.polluted]).toEqual([undefined, undefined]);
  });
});

describe("a refusal", () => {
  test("never repeats a password, in the answer or in the log", async () => {
    for (const url of ["https://robot:hunter2@example.com/", "https://hunter2@10.0.0.1/", "https://a:hunter2@[::1"]) {
      expect((await subscribe(url)).text).not.toContain("hunter2");
    }
    expect(harness.logs.join("")).not.toContain("hunter2");
  });

  test.each([
    ["markup", "https://<script>alert(1)</script>.example/"],
    ["JSON", 'https://"},{"code":"ok".example/'],
    ["an escape sequence", "https://\u001b[31mred.example/"],
    ["a header", "https://a\r\nset-cookie: x=1.example/"],
    ["100,000 characters", `https://${"a".repeat(100_000)}.example/`],
  ])("of a URL with %s is plain JSON of a few hundred characters", async (_what, url) => {
    const answer = await subscribe(url);
    mistakeOf(answer, "invalid_target");
    expect(answer.text.length).toBeLessThan(1_000);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });
});
