import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkHeaders } from "../../src/subscriptions/headers.ts";

describe("checkHeaders", () => {
  test("lower-cases names and keeps values", () => {
    expect(checkHeaders({ Authorization: "Bearer abc", "X-Team": "a b\tc" })).toEqual({
      authorization: "Bearer abc",
      "x-team": "a b\tc",
    });
  });

  const HOP_BY_HOP =
    "connection keep-alive proxy-connection te trailer trailers transfer-encoding upgrade http2-settings proxy-authorization proxy-authenticate";
  const FRAMING = "host content-type content-length content-encoding content-anything expect accept-encoding";
  const ON_THE_WAY = "cookie forwarded via x-forwarded-for x-forwarded-host";
  const OURS = "webhook-id webhook-timestamp webhook-signature user-agent tidewire-attempt";

  test.each([HOP_BY_HOP, FRAMING, ON_THE_WAY, OURS].flatMap((names) => names.split(" ")))(
    "refuses %s, whatever its case",
    (name) => {
      const refused = expect.objectContaining({
        errors: [{ at: `headers.${name}`, message: "may not be set by a subscription" }],
      });
      const cased = fc.mixedCase(fc.constant(name));
      fc.assert(
        fc.property(cased, (given) => {
          expect(() => checkHeaders({ [given]: "x" })).toThrow(refused);
        }),
        { numRuns: 20 },
      );
    },
  );

  test("refuses too many at once: to compare ninety thousand took 13 s", () => {
    const headers = Object.fromEntries(Array.from({ length: 90_000 }, (_, n) => [`x-${n}`, "1"]));
    const startedAt = performance.now();
    expect(() => checkHeaders(headers)).toThrow("give 20 headers at most");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test.each([
    ["a name with a space", { "x y": "1" }],
    ["an empty name", { "": "1" }],
    ["a new line in a value", { "x-a": "1\r\nHost: evil" }],
    ["a NUL in a value", { "x-a": "\0" }],
    ["an empty value", { "x-a": "" }],
    ["a space at the end", { "x-a": "1 " }],
    ["a letter beyond ASCII", { "x-a": "é" }],
    ["a long value", { "x-a": "1".repeat(4_097) }],
    ["the mask that a listing shows", { "x-a": "********" }],
    ["one twice", { "X-A": "1", "x-a": "2" }],
    ["too many", Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, "1"]))],
  ])("refuses %s", (_, headers) => {
    expect(() => checkHeaders(headers)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });
});
