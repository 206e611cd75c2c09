import { describe, expect, it } from "vitest";
import { compileText, isWhole } from "../../src/template/text.ts";

const text = (source: string, values: Record<string, unknown> = {}) => compileText(source).render(values);
const path = (source: string, values: Record<string, unknown> = {}) =>
  compileText(source, { encode: encodeURIComponent }).render(values);

describe("compileText", () => {
  it("fills holes without HTML escaping", () => {
    const template = compileText("Bearer {{key}}; {{{key}}}; n={{n}}; ok={{ok}}");
    expect(template.names).toEqual(["key", "n", "ok"]);
    expect(template.render({ key: `<&"'>`, n: 5, ok: true })).toBe(`Bearer <&"'>; <&"'>; n=5; ok=true`);
  });

  it("knows choices and loops", () => {
    const source =
      "{{#if a}}A={{a}}{{else}}none{{/if}}{{#unless b}}!{{/unless}}{{#each xs}}{{@index}}:{{this}};{{else}}-{{/each}}";
    expect(text(source, { a: "x", xs: ["p", 2] })).toBe("A=x!0:p;1:2;");
    expect(text(source, { b: true })).toBe("none-");
  });

  it("renders a missing value and null as nothing", () => {
    expect(text("[{{a}}{{b}}{{c.d}}]", { b: null })).toBe("[]");
    expect(text("")).toBe("");
    expect(text("/messages")).toBe("/messages");
  });

  it("reads own members only", () => {
    expect(text("{{constructor}}{{toString}}{{a.constructor}}{{a.length}}", { a: "text" })).toBe("");
  });

  it.each([[["a"]], [{ a: 1 }], [Number.NaN]])("refuses %j in text", (a) => {
    expect(() => text("x{{a}}", { a })).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  it("takes backslashes before a tag as Handlebars does, and leaves others alone", () => {
    expect(text("\\{{a}} \\\\{{a}} c:\\d\\", { a: 1 })).toBe("{{a}} \\1 c:\\d\\");
  });

  it("takes lone braces and digits for text", () => {
    expect(text("7{{a}}8\n{{a}}9{ }{{a}}}", { a: "x" })).toBe("7x8\nx9{ }x}");
  });

  it("honours white space control", () => {
    expect(text("a \n {{~x~}} \n b {{#if x~}} c {{~/if}} d", { x: 1 })).toBe("a1b c d");
  });

  it.each([
    ["{{a", "1:1"],
    ["x\n {{upper a}}", "2:2"],
    ["{{> p}}", "1:1"],
    ["{{* d}}", "1:1"],
    ["{{#if a}}", "1:1"],
    ["{{#lookup a}}x{{/lookup}}", "1:1"],
  ])("refuses %j at %s", (source, at) => {
    expect(() => compileText(source)).toThrow(
      expect.objectContaining({ code: "manifest_invalid", errors: [expect.objectContaining({ at })] }),
    );
  });
});

describe("compileText of a path", () => {
  it("encodes each value", () => {
    expect(path("/{{batch_id}}/cancel", { batch_id: "a/b?c#d%é ~" })).toBe("/a%2Fb%3Fc%23d%25%C3%A9%20~/cancel");
    expect(path("/v{{n}}/{{#if a}}{{a}}/{{/if}}x", { n: 1.5 })).toBe("/v1.5/x");
  });

  it.each(["", ".", "..", undefined, null, "\ud800"])("refuses the value %j", (id) => {
    expect(() => path("/files/{{id}}/content", { id })).toThrow(
      expect.objectContaining({ code: "invalid_input", errors: [expect.objectContaining({ at: "id" })] }),
    );
  });

  it.each(["/{{a}}{{a}}/x", "/.{{a}}", "/%2E{{a}}?x", "{{a}}{{#if a}}.{{/if}}"])(
    "refuses dots that add up to a step in %s",
    (source) => {
      expect(() => path(source, { a: "." })).toThrow(expect.objectContaining({ code: "invalid_input" }));
    },
  );

  it("lets dots be within a segment", () => {
    expect(path("/{{a}}/{{b}}", { a: "...", b: "..a" })).toBe("/.../..a");
  });
});

describe("isWhole", () => {
  it.each([
    ["{{limit}}", "limit"],
    ["{{{limit}}}", "limit"],
    ["{{! typed }}{{limit}}", "limit"],
    [" {{limit}}", null],
    ["{{a}}{{b}}", null],
    ["{{a.b}}", null],
    ["limit", null],
    ["", null],
    ["\\{{limit}}", null],
    ["{{#if a}}{{a}}{{/if}}", null],
  ])("%j is %j", (source, name) => {
    expect(isWhole(source)).toBe(name);
  });
});
