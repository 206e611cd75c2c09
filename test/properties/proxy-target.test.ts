import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { proxyTarget } from "../../src/actions/proxy-target.ts";
import { TidewireError } from "../../src/kernel/errors.ts";

const NONE: ReadonlySet<string> = new Set();
const BASES = ["", "/v1", "/anthropic/v1", "/a%20b/v1", "/v1/v1"];
const ORIGINS = ["https://api.example", "http://127.0.0.1:4010"];

/** What has led others astray. */
const TRICKS = [
  "/ // \\ . .. /.. /../ /./ %2e %2E%2e %252e%252e %2f %5c %25 ..; ; /v1 //evil.example https://evil.example/".split(
    " ",
  ),
  "@evil.example :8080 ? # & = % %zz 。 ．． é x messages".split(" "),
  ["\t", "\n", "\r", "\0", " ", "\u00a0"],
].flat();
const trick = fc.constantFrom(...TRICKS);
const asked = fc.oneof(
  fc.array(fc.oneof(trick, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 12 }).map((all) => all.join("")),
  fc.webPath(),
);
const ground = fc.record({ origin: fc.constantFrom(...ORIGINS), path: fc.constantFrom(...BASES) });

/** Null when it is refused; anything but a refusal fails. */
function targetOf(at: { origin: string; path: string }, text: string, ours = NONE) {
  try {
    return proxyTarget({ ...at, settings: {} }, text, ours);
  } catch (error) {
    expect(error).toBeInstanceOf(TidewireError);
    expect(error).toMatchObject({ code: "invalid_input" });
    return null;
  }
}

function decodedFully(text: string): string {
  for (let before = "", now = text; ; now = before.replace(/%(25|2e|2f|5c|3b)/gi, decodeURIComponent)) {
    if (now === before) return now;
    before = now;
  }
}

describe("whatever is asked for", () => {
  test("stays at the base URL's origin and below its path, also for who decodes it again", () => {
    fc.assert(
      fc.property(ground, asked, (at, text) => {
        const target = targetOf(at, text);
        if (target === null) return;
        const { url, path } = target;
        expect([url.origin, url.username, url.password, url.hash]).toEqual([at.origin, "", "", ""]);
        expect(`${url.pathname}/`.startsWith(`${at.path}/`)).toBe(true);
        expect(url.pathname).toBe(at.path + path || "/");
        expect(new URL(url.href).href).toBe(url.href);
        const segments = decodedFully(url.pathname).split(/[/\\]/);
        expect(segments.filter((segment) => /^\.{1,2}(;|$)/.test(segment))).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });

  test("keeps the provider's query as it was sent, without our own parameters", () => {
    const name = fc.constantFrom("limit", "ids[]", "ids%5B%5D", "beta", "connectio", "xconnection");
    const pair = fc.tuple(name, fc.constantFrom("=1", "=a%20b", "=a+b", "=", "", "=%26")).map((both) => both.join(""));
    const ours = fc.constantFrom("connection=work", "connection", "conn%65ction=x", "connection=a=b");
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            pair.map((p) => [p, true] as const),
            ours.map((p) => [p, false] as const),
          ),
        ),
        (all) => {
          const query = all.map(([text]) => text).join("&");
          const target = targetOf(
            { origin: "https://api.example", path: "/v1" },
            `/models?${query}`,
            new Set(["connection"]),
          );
          const kept = all.filter(([, theirs]) => theirs).map(([text]) => text);
          expect(target?.url.search.slice(1)).toBe(kept.join("&"));
        },
      ),
    );
  });
});

test("the base URL's own path may be repeated, in whole or from a later segment on, or left out", () => {
  const segment = fc.stringMatching(/^[a-uw-z][a-z0-9_-]{0,6}$/);
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const path = `/${segments.join("/")}`;
      const at = { origin: "https://gate.example", path: "/team/v1" };
      const own = `https://gate.example/team/v1${path}`;
      for (const text of [path, `/v1${path}`, `/team/v1${path}`]) expect(targetOf(at, text)?.url.href).toBe(own);
    }),
  );
});
