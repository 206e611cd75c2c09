import { createSecretKey } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatBody } from "../../src/delivery/request.ts";
import { sign } from "../../src/delivery/sign.ts";
import type { Json } from "../../src/kernel/json.ts";
import { verified } from "../support/receiver.ts";

const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
const key = fc.uint8Array({ minLength: 24, maxLength: 64 });

test("whatever an event holds, the official library verifies it with each valid secret and gives the same data", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ noUnicodeString: false }),
      seconds,
      fc.array(key, { minLength: 1, maxLength: 3 }),
      (value, at, keys) => {
        const event = {
          id: "evt_1",
          type: "files.created",
          timestamp: at * 1000,
          connector: "c",
          connectionId: "con_1",
          connection: "default",
          resource: "files",
          data: value as Json,
          previous: undefined,
        };
        const text = formatBody(event, "standard");
        const headers = {
          "webhook-id": "evt_1",
          "webhook-timestamp": String(at),
          "webhook-signature": sign(
            keys.map((bytes) => createSecretKey(bytes)),
            "evt_1",
            at,
            text,
          ),
        };
        for (const one of keys) {
          const secret = `whsec_${Buffer.from(one).toString("base64")}`;
          expect(verified({ text, headers }, secret, at * 1000)).toEqual(JSON.parse(text));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a changed byte of the body, the id or the time does not verify", () => {
  fc.assert(
    fc.property(key, seconds, fc.string({ minLength: 1 }), (bytes, at, body) => {
      const one = createSecretKey(bytes);
      const signature = sign([one], "evt_1", at, body);
      expect(sign([one], "evt_1", at, `${body} `)).not.toBe(signature);
      expect(sign([one], "evt_2", at, body)).not.toBe(signature);
      expect(sign([one], "evt_1", at + 1, body)).not.toBe(signature);
    }),
  );
});
