import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { inboundMistakes } from "../../src/connections/inbound.ts";
import { isProven } from "../../src/inbound/verify.ts";
import type { Connector } from "../../src/manifest/connector.ts";
import { type Vector, vectors } from "../support/webhook-vectors.ts";
import { incoming, keysOf, ruleOf, STANDARD } from "./rules.ts";

const all = [...vectors.published, ...vectors.derived];

/** The headers of a vector, some of them changed or (undefined) taken away. */
const headersOf = (vector: Vector, changed: Record<string, string | undefined> = {}) => ({
  "webhook-id": vector["webhook-id"],
  "webhook-timestamp": vector["webhook-timestamp"],
  "webhook-signature": vector.signature,
  ...changed,
});
const momentOf = (vector: Vector) => Number(vector["webhook-timestamp"]) * 1_000;

describe("Standard Webhooks", () => {
  it.each(all.map((vector) => [vector.name, vector] as const))("holds: %s", (_, vector) => {
    const came = incoming(headersOf(vector), vector.body);
    expect(isProven(STANDARD, keysOf(STANDARD, vector.secret), came, momentOf(vector))).toBe(true);
  });

  it("is what the official library sends", () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
    const at = 1_763_625_600_000;
    const body = JSON.stringify({ type: "session.idled", text: "é 日本 🚀" });
    const signature = new Webhook(secret).sign("whe_1", new Date(at), body);
    const headers = { "webhook-id": "whe_1", "webhook-timestamp": String(at / 1_000), "webhook-signature": signature };
    expect(isProven(STANDARD, keysOf(STANDARD, secret), incoming(headers, body), at)).toBe(true);
    expect(isProven(STANDARD, keysOf(STANDARD, secret.slice("whsec_".length)), incoming(headers, body), at)).toBe(true);
  });

  const { rotation } = vectors;
  const rotated = { ...rotation, secret: "", signature: rotation["webhook-signature"] };
  it("holds for each of several secrets while one is changed, on either side", () => {
    const [first = "", second = ""] = rotation.secrets;
    const came = incoming(headersOf(rotated), rotated.body);
    for (const secrets of [[first], [second], ["whsec_AAAA", second]])
      expect(isProven(STANDARD, keysOf(STANDARD, ...secrets), came, momentOf(rotated))).toBe(true);
    expect(isProven(STANDARD, keysOf(STANDARD, "whsec_AAAA"), came, momentOf(rotated))).toBe(false);
  });

  const [vector] = vectors.published as [Vector];
  const right = vector.signature;
  const time = Number(vector["webhook-timestamp"]);
  it.each([
    ["no webhook-id", { "webhook-id": undefined }],
    ["an empty webhook-id", { "webhook-id": "" }],
    ["no webhook-timestamp", { "webhook-timestamp": undefined }],
    ["no webhook-signature", { "webhook-signature": undefined }],
    ["a time that is none", { "webhook-timestamp": "hello" }],
    ["a time with more behind it, which the library reads over", { "webhook-timestamp": `${time}abc` }],
    ["a time of another form", { "webhook-timestamp": `${time}.0` }],
    ["an empty signature", { "webhook-signature": "v1," }],
    ["the beginning of the right one", { "webhook-signature": right.slice(0, 11) }],
    ["the right one of another version", { "webhook-signature": right.replace("v1,", "v2,") }],
    ["the right one of a version with another key", { "webhook-signature": right.replace("v1,", "v1a,") }],
    ["the right one with more behind it", { "webhook-signature": `${right}A` }],
    ["the right one in other letters", { "webhook-signature": right.toLowerCase() }],
  ])("does not hold with %s", (_, changed) => {
    const came = incoming(headersOf(vector, changed), vector.body);
    expect(isProven(STANDARD, keysOf(STANDARD, vector.secret), came, time * 1_000)).toBe(false);
  });

  it.each([
    [-301, false],
    [-300, true],
    [0, true],
    [300, true],
    [301, false],
  ])("signed %i seconds from now: %s", (away, holds) => {
    const came = incoming(headersOf(vector), vector.body);
    const now = (time + away) * 1_000;
    expect(isProven(STANDARD, keysOf(STANDARD, vector.secret), came, now)).toBe(holds);
    expect(isProven(STANDARD, keysOf(STANDARD, vector.secret), came, now + 999)).toBe(holds);
  });

  it("takes the right one among wrong ones", () => {
    const wrong = `v1,${"A".repeat(43)}=`;
    const came = incoming(headersOf(vector, { "webhook-signature": `${wrong} v2,x ${right} ${wrong}` }), vector.body);
    expect(isProven(STANDARD, keysOf(STANDARD, vector.secret), came, time * 1_000)).toBe(true);
  });

  it("goes by the bytes: a body that is no text is signed as it is", () => {
    const body = Buffer.from([0xff, 0xfe, 0x00, 0xc3]);
    const key = Buffer.alloc(32, 9);
    const content = Buffer.concat([Buffer.from("id_1.1763625600."), body]);
    const signature = `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
    const headers = { "webhook-id": "id_1", "webhook-timestamp": "1763625600", "webhook-signature": signature };
    const keys = keysOf(STANDARD, `whsec_${key.toString("base64")}`);
    expect(isProven(STANDARD, keys, incoming(headers, body), 1_763_625_600_000)).toBe(true);
    const asText = Buffer.from(body.toString("utf8"));
    expect(isProven(STANDARD, keys, incoming(headers, asText), 1_763_625_600_000)).toBe(false);
  });
});

describe("other ways to sign", () => {
  const AT = 1_763_625_600;
  const BODY = '{"what":"BerthChanged"}';
  const SECRET = "a secret with spaces";
  const digest = (algorithm: string, text: string, encoding: "hex" | "base64") =>
    createHmac(algorithm, SECRET).update(text).digest(encoding);
  /** Whether a webhook with these headers holds, `late` seconds after it was signed. */
  const holds = (inbound: Record<string, unknown>, headers: Record<string, string>, late = 0, body = BODY) => {
    const rule = ruleOf(inbound);
    return isProven(rule, keysOf(rule, "another", SECRET), incoming(headers, body), (AT + late) * 1_000);
  };

  it("GitHub's, as it publishes it: of the body, in hexadecimal after `sha256=`", () => {
    const rule = ruleOf({
      verify: { hmac: { header: "X-Hub-Signature-256", algorithm: "sha256", prefix: "sha256=" } },
    });
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const keys = keysOf(rule, "It's a Secret to Everybody");
    const sent = (text: string, body: string) =>
      isProven(rule, keys, incoming({ "x-hub-signature-256": text }, body), 0);
    expect(sent(signature, "Hello, World!")).toBe(true);
    expect(sent(signature.toUpperCase().replace("SHA256", "sha256"), "Hello, World!")).toBe(true);
    expect(sent(signature, "Hello, World?")).toBe(false);
    expect(sent(signature.slice("sha256=".length), "Hello, World!")).toBe(false);
  });

  it("in base64, with SHA-1 or SHA-512, without a prefix", () => {
    for (const algorithm of ["sha1", "sha512"]) {
      const verify = { hmac: { header: "x-hmac", algorithm, encoding: "base64" } };
      expect(holds({ verify }, { "x-hmac": digest(algorithm, BODY, "base64") })).toBe(true);
      expect(holds({ verify }, { "x-hmac": digest("sha256", BODY, "base64") })).toBe(false);
    }
  });

  it("of time and body, both in one header, as Stripe does", () => {
    const timestamp = { header: "stripe-signature", prefix: "t=" };
    const hmac = { header: "stripe-signature", algorithm: "sha256", prefix: "v1=" };
    const inbound = { verify: { hmac: { ...hmac, signs: "{{timestamp}}.{{body}}", timestamp } }, tolerance: "1m" };
    const header = `t=${AT},v1=${"0".repeat(64)},v1=${digest("sha256", `${AT}.${BODY}`, "hex")},v0=x`;
    expect(holds(inbound, { "stripe-signature": header })).toBe(true);
    expect(holds(inbound, { "stripe-signature": header }, 60)).toBe(true);
    expect(holds(inbound, { "stripe-signature": header }, 61)).toBe(false);
    expect(holds(inbound, { "stripe-signature": header.replace(String(AT), String(AT + 1)) })).toBe(false);
    expect(holds(inbound, { "stripe-signature": header.replace(`t=${AT},`, "") })).toBe(false);
  });

  it("of a text, time and body, as Slack does", () => {
    const hmac = {
      header: "x-slack-signature",
      algorithm: "sha256",
      prefix: "v0=",
      signs: "v0:{{timestamp}}:{{body}}",
    };
    const inbound = { verify: { hmac: { ...hmac, timestamp: { header: "x-slack-request-timestamp" } } } };
    const signature = `v0=${digest("sha256", `v0:${AT}:${BODY}`, "hex")}`;
    const headers = { "x-slack-signature": signature, "x-slack-request-timestamp": String(AT) };
    expect(holds(inbound, headers)).toBe(true);
    expect(holds(inbound, { ...headers, "x-slack-request-timestamp": String(AT + 1) })).toBe(false);
  });

  it("of an id that comes in a header of its own", () => {
    const hmac = { header: "x-signature", algorithm: "sha256", signs: "{{id}}.{{body}}" };
    const inbound = { verify: { hmac }, id: { header: "X-Delivery" } };
    const signature = digest("sha256", `d1.${BODY}`, "hex");
    expect(holds(inbound, { "x-signature": signature, "x-delivery": "d1" })).toBe(true);
    expect(holds(inbound, { "x-signature": signature, "x-delivery": "d2" })).toBe(false);
    expect(holds(inbound, { "x-signature": signature })).toBe(false);
  });
});

describe("a connection's secret", () => {
  const mistakes = (webhookSecret: string) => inboundMistakes({ inbound: STANDARD } as Connector, { webhookSecret });

  it.each(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA whsec_AAAB", ""])(
    "may be %j",
    (secret) => expect(mistakes(secret)).toEqual([]),
  );

  it.each([
    ["no base64, of which Node would read a part", "whsec_not base64!"],
    ["an empty key, which anybody has", "whsec_"],
    ["more than ten", "whsec_AAAA ".repeat(11)],
  ])("is refused when it is %s", (_, secret) => {
    expect(mistakes(secret)).toMatchObject([{ at: "credentials.webhookSecret" }]);
  });

  it("that is no secret, kept from before, proves nothing", () => {
    expect(keysOf(STANDARD, "whsec_", "whsec_not/base64!")).toEqual([]);
  });
});
