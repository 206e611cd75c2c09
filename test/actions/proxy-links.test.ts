import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeLinkHeaders, changeLinks, linkPlaces, linkToProxy } from "../../src/actions/proxy-links.ts";
import type { Json } from "../../src/kernel/json.ts";
import type { FieldSource } from "../../src/manifest/schema/parts.ts";
import { connectorOf } from "../engine/rig.ts";

const ADDRESS = "http://127.0.0.1:8787/v1/proxy/shop";
const PLACE = { connector: connectorOf({}), address: ADDRESS, connection: undefined, base: "/v1" };
const KEYED = connectorOf(
  {},
  { auth: { method: "api_token", in: "query", name: "key", fields: [{ name: "apiKey" }] } },
);

function placesOf(operation: object, fields: FieldSource[]) {
  const connector = connectorOf({ fields, operations: { it: { method: "GET", ...operation } } });
  const [resource] = connector.resources;
  return linkPlaces(resource!, resource!.operations.it!);
}

const url = (selector: FieldSource["selector"], more: Partial<FieldSource> = {}): FieldSource => ({
  name: "url",
  type: "String",
  link: true,
  selector,
  ...more,
});

describe("where links stand", () => {
  test.each<[string, object, FieldSource[], Json]>([
    ["in a record", {}, [url(["files", "*", "href"])], [["files", "*", "href"]]],
    ["in each record of a list", { response: { records: ["data"] } }, [url(["a"])], [["data", "*", "a"]]],
    ["at every selector of a field", {}, [url(["a"], { alternatives: [["b"]] })], [["a"], ["b"]]],
    ["in each member of an array", {}, [url(["urls"], { type: "Array" })], [["urls", "*"]]],
    ["within a field", {}, [url(["f"], { type: "Array", link: false, fields: [url(["a"])] })], [["f", "*", "a"]]],
    [
      "at the next page's address",
      { response: { records: ["data"] }, pagination: { style: "next_url", next: ["paging", "next"] } },
      [],
      [["paging", "next"]],
    ],
    ["nowhere, of an answer with a schema of its own", { output: { type: "object" } }, [url(["a"])], []],
    ["nowhere, of rows", { response: { type: "jsonl" } }, [url(["a"])], []],
    ["nowhere, where no field is one", {}, [url(["a"], { link: false })], []],
  ])("%s", (_, operation, fields, places) => {
    expect(placesOf(operation, fields)).toEqual(places);
  });
});

describe("changing links", () => {
  const change = (text: string, ...places: (string | number)[][]) =>
    changeLinks(text, JSON.parse(text) as Json, places, (link) => link.toUpperCase());

  test("leaves every other character as it is", () => {
    const text = '{ "n": 1.0, "big": 12345678901234567890,\n  "u": "ab", "t": "a\\u0062", "l": [ {"u" : "ab"} ] }';
    expect(change(text, ["u"])).toBe(text.replace('"u": "ab"', '"u": "AB"'));
    expect(change(text, ["l", "*", "u"])).toBe(text.replace('"u" : "ab"', '"u" : "AB"'));
    expect(change(text, ["l", -1, "u"], ["n"], ["none", "*", 0])).toBe(text.replace('"u" : "ab"', '"u" : "AB"'));
  });

  test("reaches what is written with escapes, or twice", () => {
    expect(change('{"u":"a\\/\\u0062"}', ["u"])).toBe('{"u":"A/B"}');
    expect(change('{"u":"a","u":"a"}', ["u"])).toBe('{"u":"A","u":"A"}');
  });

  test("leaves a text alone in which nothing is to change", () => {
    const text = '{"u":null,"v":"A"}';
    expect(change(text, ["u"], ["v"], ["w"])).toBe(text);
  });

  test("does in any JSON what doing it in the value does", () => {
    const member = fc.record({ u: fc.option(fc.string()), other: fc.jsonValue() });
    fc.assert(
      fc.property(fc.array(member), fc.constantFrom(0, 1, "\t"), (data, indent) => {
        const text = JSON.stringify({ data }, null, indent);
        const plain = JSON.parse(text) as { data: { u: string | null }[] };
        const changed = changeLinks(text, plain, [["data", "*", "u"]], (link) => `x${link}`);
        const expected = { data: plain.data.map((one) => ({ ...one, u: one.u === null ? null : `x${one.u}` })) };
        expect(JSON.parse(changed)).toEqual(expected);
      }),
    );
  });
});

describe("a link becomes one to the proxy", () => {
  test.each([
    ["https://api.example/v1/batches/b/results?a=1", `${ADDRESS}/v1/batches/b/results?a=1`],
    ["HTTP://api.example:8080/v1/x#part", `${ADDRESS}/v1/x#part`],
    ["https://elsewhere.example/v1/x", `${ADDRESS}/v1/x`],
    ["//elsewhere.example/v1/x", `${ADDRESS}/v1/x`],
    [" https://api.example/v1/x", `${ADDRESS}/v1/x`],
    ["https://user:pass@api.example/v1/x", `${ADDRESS}/v1/x`],
  ])("%s", (link, expected) => {
    expect(linkToProxy(link, PLACE)).toBe(expected);
  });

  test.each(["/v1/x", "", "not a link", "s3://bucket/key", "data:text/plain,x"])(
    "%s stays: it names no host to call",
    (link) => {
      expect(linkToProxy(link, PLACE)).toBe(link);
    },
  );

  test("without the credential, where the provider repeats it", () => {
    const place = { ...PLACE, connector: KEYED };
    expect(linkToProxy("https://api.example/v1/x?page=2&key=sk-secret", place)).toBe(`${ADDRESS}/v1/x?page=2`);
    expect(linkToProxy("https://api.example/v1/x?q=a%20b", place)).toBe(`${ADDRESS}/v1/x?q=a%20b`);
  });

  test("and names the account that the caller named", () => {
    expect(linkToProxy("https://api.example/v1/x?a=1", { ...PLACE, connection: "my work" })).toBe(
      `${ADDRESS}/v1/x?a=1&connection=my%20work`,
    );
  });
});

test("headers that lead to the provider lead to the proxy, those that lead elsewhere stay", () => {
  const headers: Record<string, string> = {
    location: "/v1/files/f/content",
    "content-location": "https://cdn.example/f",
    link: '<https://api.example/v1/files?page=2>; rel="next", <https://docs.example/>; rel="help"',
    etag: "/v1/x",
  };
  changeLinkHeaders(headers, new URL("https://api.example/v1/files"), () => PLACE);
  expect(headers).toEqual({
    location: `${ADDRESS}/v1/files/f/content`,
    "content-location": "https://cdn.example/f",
    link: `<${ADDRESS}/v1/files?page=2>; rel="next", <https://docs.example/>; rel="help"`,
    etag: "/v1/x",
  });
});

test.each([
  ["https://api.example/elsewhere/y", "https://api.example/elsewhere/y"],
  ["/elsewhere/y?a=1&key=sk-secret", "https://api.example/elsewhere/y?a=1"],
  ["https://api.example/base/v10/y", "https://api.example/base/v10/y"],
  ["/base/v1/y", `${ADDRESS}/base/v1/y`],
  ["/v1/y", `${ADDRESS}/v1/y`],
  ["y", `${ADDRESS}/base/v1/y`],
])("a Location %s leads below the base URL by the proxy, and else to where it was sent", (location, expected) => {
  const headers: Record<string, string> = { location };
  const place = { ...PLACE, base: "/base/v1", connector: KEYED };
  changeLinkHeaders(headers, new URL("https://api.example/base/v1/x"), () => place);
  expect(headers.location).toBe(expected);
});
