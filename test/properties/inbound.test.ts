import { createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { isProven } from "../../src/inbound/verify.ts";
import { incoming, ruleOf, STANDARD } from "../inbound/rules.ts";

const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
const seconds = fc.integer({ min: 1_000, max: 4_000_000_000 });
const key = fc.uint8Array({ minLength: 24, maxLength: 64 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
/** A place and what its byte is changed by; never by nothing. */
const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });

function altered(text: Buffer, { at, by }: { at: number; by: number }): Buffer<ArrayBuffer> {
  const copy = Buffer.from(text);
  const n = at % copy.length;
  copy[n] = (copy[n] as number) ^ by;
  return copy;
}

const standard = (keyBytes: Uint8Array, name: string, at: number, body: Buffer) => ({
  "webhook-id": name,
  "webhook-timestamp": String(at),
  "webhook-signature": `v1,${createHmac("sha256", keyBytes)
    .update(Buffer.concat([Buffer.from(`${name}.${at}.`), body]))
    .digest("base64")}`,
});

test("a webhook holds as it was sent, and with any byte of body, id, time, signature or key changed it does not", () => {
  fc.assert(
    fc.property(key, id, seconds, bytes, change, (keyBytes, name, at, sent, changed) => {
      const body = Buffer.from(sent);
      const headers = standard(keyBytes, name, at, body);
      const holds = (more: object, text = body, by: Uint8Array = keyBytes) =>
        isProven(STANDARD, [createSecretKey(by)], incoming({ ...headers, ...more }, text), at * 1_000);
      const other = (text: string) => altered(Buffer.from(text), changed).toString("latin1");
      expect(holds({})).toBe(true);
      expect(holds({}, altered(body, changed))).toBe(false);
      expect(holds({}, Buffer.concat([body, Buffer.from([changed.by])]))).toBe(false);
      expect(holds({}, body.subarray(1))).toBe(false);
      expect(holds({ "webhook-id": other(name) })).toBe(false);
      expect(holds({ "webhook-timestamp": other(String(at)) })).toBe(false);
      expect(holds({ "webhook-signature": other(headers["webhook-signature"]) })).toBe(false);
      expect(holds({}, body, altered(Buffer.from(keyBytes), changed))).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("it holds for five minutes before and after, to the second, and at no other time", () => {
  fc.assert(
    fc.property(key, seconds, fc.integer({ min: -1_000_000, max: 1_000_000 }), (keyBytes, at, away) => {
      const body = Buffer.from("{}");
      const came = incoming(standard(keyBytes, "whe_1", at, body), body);
      const now = at * 1_000 + away;
      const holds = Math.abs(Math.floor(now / 1_000) - at) <= 300;
      expect(isProven(STANDARD, [createSecretKey(keyBytes)], came, now)).toBe(holds);
    }),
  );
});

test("whatever the official library signs holds, by each of the keys that it was signed with", () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 3 }), id, seconds, fc.jsonValue(), (keys, name, at, value) => {
      const body = JSON.stringify(value);
      const signed = keys.map((one) =>
        new Webhook(Buffer.from(one).toString("base64")).sign(name, new Date(at * 1_000), body),
      );
      const headers = { "webhook-id": name, "webhook-timestamp": String(at), "webhook-signature": signed.join(" ") };
      for (const one of keys)
        expect(isProven(STANDARD, [createSecretKey(one)], incoming(headers, body), at * 1_000)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("whatever comes in the headers, nothing that is not signed holds, and nothing is thrown", () => {
  const rule = ruleOf({
    verify: {
      hmac: {
        header: "x-signature",
        algorithm: "sha256",
        prefix: "v1=",
        signs: "{{timestamp}}.{{body}}",
        timestamp: { header: "x-signature", prefix: "t=" },
      },
    },
  });
  const header = fc.oneof(
    fc.string(),
    fc.constant(undefined),
    fc.tuple(seconds, fc.string()).map(([t, v]) => `t=${t},v1=${v}`),
  );
  fc.assert(
    fc.property(key, header, bytes, seconds, (keyBytes, text, body, at) => {
      const came = incoming({ "x-signature": text }, Buffer.from(body));
      expect(isProven(rule, [createSecretKey(keyBytes)], came, at * 1_000)).toBe(false);
    }),
  );
});
