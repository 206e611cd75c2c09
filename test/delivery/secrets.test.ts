import { describe, expect, test } from "vitest";
import { newSecret, rotate, secretKey, validSecrets } from "../../src/delivery/secrets.ts";

const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64");

describe("secretKey", () => {
  test.each([24, 32, 64])("takes %d bytes", (bytes) => {
    expect(secretKey(`whsec_${base64(bytes)}`).symmetricKeySize).toBe(bytes);
  });

  test.each([
    ["23 bytes", `whsec_${base64(23)}`],
    ["65 bytes", `whsec_${base64(65)}`],
    ["no prefix", base64(32)],
    ["another prefix", `whsk_${base64(32)}`],
    ["no padding, which official receivers cannot decode", `whsec_${base64(32).replace("=", "")}`],
    ["URL-safe letters", `whsec_${Buffer.alloc(32, 255).toString("base64url")}`],
    ["a space", `whsec_${base64(32)} `],
    ["nothing", "whsec_"],
  ])("refuses %s", (_, secret) => {
    expect(() => secretKey(secret)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  test("never repeats a refused secret", () => {
    expect(() => secretKey("whsec_hunter2hunter2")).not.toThrow(/hunter2/);
  });

  test("a new secret is 32 fresh bytes", () => {
    expect(secretKey(newSecret()).symmetricKeySize).toBe(32);
    expect(newSecret()).not.toBe(newSecret());
  });
});

describe("rotate", () => {
  const old = [{ sealed: "a", until: null }];

  test("keeps the old secret for the overlap, newest first, judged by the time of signing", () => {
    const secrets = rotate(old, "b", 1_000, 500);
    expect(secrets).toEqual([
      { sealed: "b", until: null },
      { sealed: "a", until: 1_500 },
    ]);
    expect(validSecrets(secrets, 1_499)).toHaveLength(2);
    expect(validSecrets(secrets, 1_500)).toEqual([{ sealed: "b", until: null }]);
  });

  test("an overlap of zero ends the old one at once", () => {
    expect(rotate(old, "b", 1_000, 0)).toEqual([{ sealed: "b", until: null }]);
  });

  test("never gives an older secret more time than it had", () => {
    const twice = rotate(rotate(old, "b", 1_000, 100), "c", 1_050, 1_000_000);
    expect(twice.map(({ until }) => until)).toEqual([null, 1_001_050, 1_100]);
  });

  test("refuses an eleventh valid secret", () => {
    let secrets = old;
    for (let n = 0; n < 9; n++) secrets = rotate(secrets, `s${n}`, 0, 1_000) as typeof old;
    expect(() => rotate(secrets, "eleventh", 0, 1_000)).toThrow(expect.objectContaining({ code: "conflict" }));
    expect(rotate(secrets, "eleventh", 1_000, 1_000)).toHaveLength(2);
  });
});
