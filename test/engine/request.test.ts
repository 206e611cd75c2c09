import { describe, expect, test } from "vitest";
import { NO_PAGE } from "../../src/engine/page-params.ts";
import { buildRequest } from "../../src/engine/request.ts";
import { callOf, connectorOf } from "./rig.ts";

const connector = connectorOf(
  {
    headers: { "x-beta": { value: "a", merge: "append-comma" } },
    operations: {
      read: { method: "GET", path: { value: "/{{id}}/parts/{{part}}", placeholders: [string("id"), string("part")] } },
      find: {
        method: "GET",
        input: [string("q"), { name: "n", type: "Integer" }, list("tags"), list("ids"), list("langs"), list("in")],
        queryParams: {
          q: { value: "{{q}}" },
          n: { value: "{{n}}" },
          tags: { value: "{{tags}}" },
          ids: { value: "{{ids}}", array: "brackets" },
          langs: { value: "{{langs}}", array: "comma" },
          in: { value: "{{in}}", array: "json" },
          fixed: { value: "by-{{q}}", omitIfEmpty: false },
        },
      },
      tagged: {
        method: "GET",
        input: [list("betas"), string("note"), string("region")],
        headers: {
          "X-Beta": { value: "{{betas}}", merge: "append-comma", omitIfEmpty: true },
          "x-note": { value: "{{note}}", omitIfEmpty: true },
          "x-version": { value: "2" },
        },
      },
      asking: {
        method: "GET",
        input: [list("betas")],
        headers: { "x-beta": { value: "{{region}}{{#each betas}},{{this}}{{/each}}", merge: "append-comma" } },
      },
    },
  },
  {
    headers: { "X-Version": { value: "1" }, "x-region": { value: "{{region}}", omitIfEmpty: true } },
    params: [{ name: "region", type: "String", default: "eu" }],
  },
);

const BASE = "http://127.0.0.1:9/base/";
const build = (operation: string, input: Record<string, unknown>) =>
  buildRequest(callOf(connector, operation, BASE, input));

function string(name: string) {
  return { name, type: "String" as const };
}

function list(name: string) {
  return { name, type: "Array" as const };
}

describe("the address", () => {
  test("joins base URL, endpoint and path, and encodes every value put into it", () => {
    const { url } = build("read", { id: "a/b?c#d %é", part: "ü&=" });
    expect(url.href).toBe("http://127.0.0.1:9/base/items/a%2Fb%3Fc%23d%20%25%C3%A9/parts/%C3%BC%26%3D");
  });

  test.each(["..", ".", "", undefined, "\ud800"])("refuses %j in a path: it would lead elsewhere", (id) => {
    expect(() => build("read", { id, part: "x" })).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  test("keeps a percent sign and dots that are only a part of a value", () => {
    expect(build("read", { id: "%2e%2e", part: "..." }).url.pathname).toBe("/base/items/%252e%252e/parts/...");
  });

  test("takes the manifest's base URL when the connection has none of its own", () => {
    const call = callOf(connector, "read", BASE, { id: "1", part: "2" });
    const request = buildRequest({ ...call, account: { ...call.account, params: {} } });
    expect(request.url.href).toBe("https://api.shop.example/v1/items/1/parts/2");
  });

  test("refuses a base URL that is none, naming the connection", () => {
    const call = callOf(connector, "read", "file:///etc/passwd", { id: "1", part: "2" });
    expect(() => buildRequest(call)).toThrow(expect.objectContaining({ code: "invalid_upstream" }));
  });
});

describe("the query", () => {
  test("writes arrays in the four ways, encoded", () => {
    const input = { q: "a b&c", n: 0, tags: ["x", "y z"], ids: ["1", "2"], langs: ["de", "en"], in: [1, "a"] };
    expect(build("find", input).url.search).toBe(
      "?q=a%20b%26c&n=0&tags=x&tags=y%20z&ids%5B%5D=1&ids%5B%5D=2&langs=de%2Cen&in=%5B1%2C%22a%22%5D&fixed=by-a%20b%26c",
    );
  });

  test("leaves out what is missing, null or empty", () => {
    expect(build("find", { q: "", tags: [], ids: null }).url.search).toBe("?fixed=by-");
  });

  test("puts the page's parameters above the operation's own, and its size only where none is given", () => {
    const request = buildRequest(callOf(connector, "find", BASE, { q: "1", n: 3 }), {
      ...NO_PAGE,
      query: {
        set: [["q", "2"]],
        unlessGiven: [
          ["n", 9],
          ["size", 5],
        ],
      },
    });
    expect(Object.fromEntries(request.url.searchParams)).toEqual({ size: "5", n: "3", fixed: "by-1", q: "2" });
  });
});

describe("the headers", () => {
  test("are merged service, resource, operation: a later one replaces, or joins with commas", () => {
    expect(build("tagged", { betas: ["b", "c"] }).headers).toEqual({
      accept: "application/json",
      "x-version": "2",
      "x-region": "eu",
      "x-beta": "a,b,c",
    });
  });

  test("that are lists have each member once, and none that is empty", () => {
    expect(build("asking", { betas: ["b", " a", "", "b"] }).headers["x-beta"]).toBe("a,eu,b");
    expect(build("asking", { betas: ["c,d"] }).headers["x-beta"]).toBe("a,eu,c,d");
    const open = callOf(connector, "asking", BASE);
    open.account.params = { baseUrl: BASE, region: "" };
    expect(buildRequest(open).headers["x-beta"]).toBe("a");
  });

  test("take a setting of the connection from the input where the operation declares it", () => {
    expect(build("tagged", { region: "us" }).headers["x-region"]).toBe("us");
    expect(build("find", { region: "us" }).headers["x-region"]).toBe("eu");
    expect(build("tagged", { region: null }).headers["x-region"]).toBe("eu");
  });

  test("an empty one is left out where the manifest says so", () => {
    const { headers } = build("tagged", { betas: [], note: "" });
    expect(headers["x-beta"]).toBe("a");
    expect(headers).not.toHaveProperty("x-note");
  });

  test.each(["a\r\nx-api-key: stolen", "a\nb", "nul\0", "日本"])("refuses %j, naming the input", (note) => {
    expect(() => build("tagged", { note })).toThrow(
      expect.objectContaining({ code: "invalid_input", errors: [expect.objectContaining({ at: "note" })] }),
    );
  });
});
