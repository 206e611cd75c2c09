import { describe, expect, test } from "vitest";
import { secretKey } from "../../src/delivery/secrets.ts";
import { sign } from "../../src/delivery/sign.ts";
import { verified } from "../support/receiver.ts";
import { vectors } from "../support/webhook-vectors.ts";

const T = 1_760_000_000;
const SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

describe("sign", () => {
  test.each([...vectors.published, ...vectors.derived])("$name", (vector) => {
    const keys = [secretKey(vector.secret)];
    const signature = sign(keys, vector["webhook-id"], Number(vector["webhook-timestamp"]), vector.body);
    expect(signature).toBe(vector.signature);
  });

  test("signs once for each valid secret, newest first", () => {
    const { rotation } = vectors;
    const keys = rotation.secrets.map(secretKey);
    const signature = sign(keys, rotation["webhook-id"], Number(rotation["webhook-timestamp"]), rotation.body);
    expect(signature).toBe(rotation["webhook-signature"]);
  });

  // The negative cases of the vectors: our own tests trust the official library, so it must be as strict as they say.
  const good = () => ({
    "webhook-id": "evt_1",
    "webhook-timestamp": String(T),
    "webhook-signature": sign([secretKey(SECRET)], "evt_1", T, "{}"),
  });
  const value = (of: Record<string, string>) => String(of["webhook-signature"]).slice(3);
  const check = (headers: Record<string, string>, seconds = T) =>
    verified({ text: "{}", headers }, SECRET, seconds * 1000);

  test.each([
    ["N1", ({ "webhook-id": _, ...rest }) => rest],
    ["N2", ({ "webhook-timestamp": _, ...rest }) => rest],
    ["N3", ({ "webhook-signature": _, ...rest }) => rest],
    ["N4", (h) => ({ ...h, "webhook-timestamp": "hello" })],
    ["N8", (h) => ({ ...h, "webhook-signature": "v1," })],
    ["N9", (h) => ({ ...h, "webhook-signature": `v1,${value(h).slice(0, 8)}` })],
    ["N10", (h) => ({ ...h, "webhook-signature": `v2,${value(h)}` })],
    ["N11", (h) => ({ ...h, "webhook-signature": `v1a,${value(h)}` })],
  ] satisfies [string, (headers: Record<string, string>) => Record<string, string>][])(
    "%s is rejected",
    (_, change) => {
      expect(() => check(change(good()))).toThrow();
    },
  );

  test("N5–N7: the timestamp counts for 300 s either way", () => {
    expect(() => check(good(), T + 301)).toThrow();
    expect(() => check(good(), T - 301)).toThrow();
    expect(check(good(), T + 300)).toEqual({});
  });

  test("N12: the right signature among wrong ones is accepted", () => {
    const right = good();
    const signatures = ["v1,wrong=", "v2,wrong=", right["webhook-signature"], "v1,wrong="].join(" ");
    expect(check({ ...right, "webhook-signature": signatures })).toEqual({});
  });
});
