import { describe, expect, it } from "vitest";
import { TidewireError } from "../../src/kernel/errors.ts";
import { compileJson } from "../../src/template/json.ts";

/** The body templates of the seed, as they stand in it. */
const MESSAGE =
  '{"model": "{{model}}", "max_tokens": {{max_tokens}}, "messages": [{"role": "user", "content": "{{content}}"}]}';
const BATCH =
  '{"requests": [{"custom_id": "{{custom_id}}", "params": {"model": "{{model}}", "max_tokens": {{max_tokens}}, "messages": [{"role": "user", "content": "{{content}}"}]}}]}';
const TYPES = { model: "String", max_tokens: "Integer", content: "String", custom_id: "String" };

const render = (source: string, values: Record<string, unknown> = {}, types: Record<string, string> = {}) =>
  compileJson(source, types).render(values);

function errorOf(action: () => unknown): TidewireError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof TidewireError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

describe("the seed's body templates", () => {
  const values = {
    model: "claude-opus-4-6",
    max_tokens: 1024,
    content: 'Say "hi",\n{{name}} \\ \u2028 \ud800 \0',
    custom_id: "a",
  };
  const message = { model: values.model, max_tokens: 1024, messages: [{ role: "user", content: values.content }] };

  it("messages.create", () => {
    const template = compileJson(MESSAGE, TYPES);
    expect(template.names).toEqual(["model", "max_tokens", "content"]);
    expect(template.render(values)).toEqual(message);
    expect(JSON.parse(JSON.stringify(template.render(values)))).toEqual(message);
  });

  it("message_batches.create", () => {
    expect(render(BATCH, values, TYPES)).toEqual({ requests: [{ custom_id: "a", params: message }] });
  });

  it("messages.create with max_tokens last, which ends in }}}", () => {
    expect(render('{"model": "{{model}}", "max_tokens": {{max_tokens}}}', values, TYPES)).toEqual({
      model: values.model,
      max_tokens: 1024,
    });
  });

  it("refuses JSON that is smuggled into an Integer, and names the placeholder but not the value", () => {
    const error = errorOf(() => render(MESSAGE, { ...values, max_tokens: '5, "x": 1' }, TYPES));
    expect(error.code).toBe("invalid_input");
    expect(error.errors).toEqual([
      { at: "max_tokens", message: "expected an integer, not a string", code: "invalid_type" },
    ]);
    expect(error.message).not.toContain("5,");
  });
});

describe("holes", () => {
  it.each([
    ['{"n": {{n}}}', { n: 5 }],
    ['{"n":{{{n}}}}', { n: 5 }],
    ['{"n":{{&n}}}', { n: 5 }],
    ['{"n": {{ n }} }', { n: 5 }],
    ['{"n": {{~n~}} }', { n: 5 }],
    ['{{!-- {"n": 1} --}}{"n": {{! the number }}{{n}}}', { n: 5 }],
  ])("%s takes braces for what they are", (source, expected) => {
    expect(render(source, { n: 5 })).toEqual(expected);
  });

  it.each([5, "text", true, false, null, [1, [2]], { a: { b: 1 } }, "", 0])(
    "a bare hole takes any JSON value: %j",
    (x) => {
      expect(render('{"x": {{x}}, "list": [{{x}}]}', { x })).toEqual({ x, list: [x] });
      expect(render("{{x}}", { x }, { x: "Json" })).toEqual(x);
    },
  );

  it.each([
    ["Array", ["a"]],
    ["Object", { a: 1 }],
    ["Json", { a: [1] }],
    ["Json", 5],
  ])("a whole-string hole keeps an %s", (type, x) => {
    expect(render('{"x": "{{x}}"}', { x }, { x: type })).toEqual({ x });
  });

  it("a whole-string hole of another type gives a string, and null stays null", () => {
    const source = '["{{s}}", "{{i}}", "{{b}}", "{{nothing}}"]';
    const types = { s: "String", i: "Integer", b: "Boolean", nothing: "String" };
    expect(render(source, { s: "1", i: 2, b: false, nothing: null }, types)).toEqual(["1", "2", "false", null]);
  });

  it("a longer string takes text, numbers and booleans, unescaped", () => {
    expect(render('{"s": "<{{a}}&{{b}}>{{c}}{{d}}"}', { a: 'x"<', b: 1.5, c: true, d: null })).toEqual({
      s: '<x"<&1.5>true',
    });
  });

  it("an object within a longer string is an error: at load when it is declared, else when it comes", () => {
    expect(errorOf(() => compileJson('{"s": "a {{x}}"}', { x: "Object" })).errors[0]?.at).toBe("1:10");
    expect(errorOf(() => compileJson('{"s": "a {{x}}"}', { x: "Array" })).code).toBe("manifest_invalid");
    expect(errorOf(() => render('{"s": "a {{x}}"}', { x: { y: 1 } }, { x: "Json" })).code).toBe("invalid_input");
    expect(errorOf(() => render('["{{x}}"]', { x: ["y"] })).errors[0]?.at).toBe("x");
  });

  it("a missing value removes its member, element or string, and nothing else", () => {
    const source = '{"a": "{{x}}", "b": {{x}}, "c": [1, {{x}}, "{{x}}", 2], "d": {"e": "hello {{x}}"}, "f": 1}';
    expect(render(source)).toEqual({ c: [1, 2], d: {}, f: 1 });
    expect(errorOf(() => render("{{x}}")).code).toBe("invalid_input");
  });

  it("reads own members only", () => {
    expect(
      render('{"a": {{constructor}}, "b": {{__proto__}}, "c": {{x.toString}}, "d": {{x.y}}}', { x: { y: 1 } }),
    ).toEqual({ d: 1 });
  });

  it("keeps a key named __proto__ a key", () => {
    const rendered = render('{"__proto__": {"admin": {{x}}}}', { x: true });
    expect(JSON.stringify(rendered)).toBe('{"__proto__":{"admin":true}}');
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
  });

  it.each([
    ["String", 5],
    ["DateTime", 5],
    ["Integer", 1.5],
    ["Integer", "5"],
    ["Integer", true],
    ["Number", "5"],
    ["Number", Number.NaN],
    ["Number", Number.POSITIVE_INFINITY],
    ["Boolean", "true"],
    ["Boolean", 0],
    ["Array", { a: 1 }],
    ["Object", [1]],
    ["Json", Number.NaN],
    ["Json", () => 1],
  ])("a hole of type %s refuses %s, bare or in quotes", (type, x) => {
    for (const source of ['{"x": {{x}}}', '{"x": "{{x}}"}']) {
      expect(errorOf(() => render(source, { x }, { x: type })).errors).toMatchObject([{ at: "x" }]);
    }
  });

  it("refuses a placeholder of a type that JSON cannot hold at load", () => {
    expect(errorOf(() => compileJson('{"x": "{{x}}"}', { x: "Binary" })).message).toContain('"x" is Binary');
  });
});

describe("blocks", () => {
  it.each([
    ['{"a":1{{#if b}},"b":"{{b}}"{{/if}}}', { b: "x" }, { a: 1, b: "x" }],
    ['{"a":1{{#if b}},"b":"{{b}}"{{/if}}}', {}, { a: 1 }],
    ['{ {{#if b}}"b": {{b}},{{/if}} "a": 1 }', { b: 2 }, { b: 2, a: 1 }],
    ['{ {{#if b}}"b": {{b}},{{/if}} "a": 1 }', { b: 0 }, { a: 1 }],
    ['{ {{#if a}}"a": 1{{/if}} {{#if b}}, "b": 2{{/if}} }', { b: 1 }, { b: 2 }],
    ['{{{#if a}}"a": 1{{else if b}}"b": 2{{else}}"c": 3{{/if}}}', { b: 1 }, { b: 2 }],
    ['{{{#if a}}"a": 1{{else if b}}"b": 2{{else}}"c": 3{{/if}}}', {}, { c: 3 }],
    ['{"a": {{#unless b}}1{{else}}[{{b}}]{{/unless}}}', { b: 7 }, { a: [7] }],
    ['{"a": {{#if b}}{{b}}{{/if}}, "c": 1}', {}, { c: 1 }],
    ["{{#if a}}[1]{{else}}[2]{{/if}}", { a: [] }, [2]],
  ])("%s with %j", (source, values, expected) => {
    expect(render(source, values)).toEqual(expected);
  });

  it.each([
    '[{{#each xs}}{{#unless @first}},{{/unless}}"{{this}}"{{/each}}]',
    '[{{#each xs}}"{{this}}"{{#unless @last}},{{/unless}}{{/each}}]',
    '[{{#each xs}}"{{this}}",{{/each}}]',
    '[{{#each xs}}"{{this}}"{{/each}}]',
    '[{{#each xs}}{{#if @first}}"{{this}}"{{else}},"{{this}}"{{/if}}{{/each}}]',
  ])("%s makes one element a member, wherever its commas stand", (source) => {
    expect(render(source, { xs: ["a", '","', 3] })).toEqual(["a", '","', "3"]);
    expect(render(source, { xs: [] })).toEqual([]);
    expect(render(source)).toEqual([]);
  });

  it("an each reads its members, their index, what stands around them and the placeholders", () => {
    const source =
      '[{{#each groups}}{{#each names}}{"n":"{{this}}","at":{{@index}},"of":"{{../id}}","by":"{{@root.who}}","and":"{{../../who}}","group":{{@../index}}},{{/each}}{{else}}"none"{{/each}}]';
    const by = { by: "w", and: "w" };
    const template = compileJson(source, {});
    expect(template.names).toEqual(["groups", "who"]);
    expect(
      template.render({
        who: "w",
        groups: [
          { id: "g", names: ["a", "b"] },
          { id: "h", names: ["c"] },
        ],
      }),
    ).toEqual([
      { n: "a", at: 0, of: "g", ...by, group: 0 },
      { n: "b", at: 1, of: "g", ...by, group: 0 },
      { n: "c", at: 0, of: "h", ...by, group: 1 },
    ]);
    expect(template.render({ groups: [] })).toEqual(["none"]);
  });

  it("work inside a string", () => {
    const source =
      '{"s": "Hi{{#if name}} {{name}}{{else}}!{{/if}}: {{#each xs}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}"}';
    expect(render(source, { name: 'A"', xs: [1, "b\n"] })).toEqual({ s: 'Hi A": 1, b\n' });
    expect(render(source)).toEqual({ s: "Hi!: " });
  });

  it("refuses to go through what is no array", () => {
    expect(errorOf(() => render("[{{#each xs}}1{{/each}}]", { xs: "abc" })).errors).toMatchObject([
      { at: "xs", message: "expected an array, not a string" },
    ]);
  });
});

describe("literal text", () => {
  it("keeps JSON's escapes, and takes \\{{ for a literal {{", () => {
    const source = '{"s": "\\u00e9\\n\\\\{{dir}}\\\\\\{{x}} \\{{y}}", "t": "\\u007b{{dir}}}"}';
    expect(render(source, { dir: "D" })).toEqual({ s: "é\n\\D\\{{x}} {{y}}", t: "{D}" });
  });

  it("gives fresh arrays and objects each time", () => {
    const template = compileJson('{"a": [1, {"b": 2}]}', {});
    const first = template.render({});
    expect(template.render({})).toEqual(first);
    expect(template.render({})).not.toBe(first);
  });
});

describe("a template that cannot yield JSON is refused with its position", () => {
  it.each([
    ["", "1:1"],
    ["  {{! nothing }} ", "1:1"],
    ["{", "1:1"],
    ['{"a": 1', "1:1"],
    ["[1 2]", "1:4"],
    ["[1,,2]", "1:4"],
    ["[,1]", "1:2"],
    ["[1,]", "1:4"],
    ["[1]]", "1:4"],
    ['{"a": }', "1:7"],
    ['{"a" 1}', "1:6"],
    ["{a: 1}", "1:2"],
    ['{"a": 01}', "1:7"],
    ['{"a": nul}', "1:7"],
    ['{"a": undefined}', "1:7"],
    ["{'a': 1}", "1:2"],
    ['{\n  "a": 1\n  "b": 2\n}', "3:3"],
    ['{\r\n"a": x}', "2:6"],
    ['{"a": "x\ny"}', "1:9"],
    ['{"a": "tab\\qhere"}', "1:11"],
    ['{"a": "\\u12"}', "1:8"],
    ['{"a": "open}', "1:7"],
    ['{"{{k}}": 1}', "1:2"],
    ["{ {{x}} }", "1:3"],
    ['{"a": {{x}}{{y}}}', "1:12"],
    ['{"a": 1{{x}}}', "1:8"],
    ["[{{x}}{{y}}]", "1:7"],
    ["[1{{#if a}}2{{/if}}]", "1:12"],
    ['{"a": 1{{#if b}}"b": 2{{/if}}}', "1:17"],
    ["[1{{#each xs}}2{{/each}}]", "1:15"],
    ['{"a": {{#each xs}}1{{/each}}}', "1:7"],
    ['{"a": {{#if b}}1, "c": 2{{/if}}}', "1:17"],
    ['{{#if a}}{"x": 1{{else}}{"y": 2{{/if}}}', "1:10"],
    ['{"a": 1{{#if b}}}{{else}}}{{/if}}', "1:17"],
    ['{"a": "{{#if b}}x"{{else}}y"{{/if}}}', "1:18"],
    ['[{{#if b}}"x{{/if}}"]', "1:11"],
  ])("%j at %s", (source, at) => {
    const error = errorOf(() => compileJson(source, {}));
    expect(error.code).toBe("manifest_invalid");
    expect(error.errors).toMatchObject([{ at }]);
  });

  it.each([
    ['{"a": "{{x}"}', "1:8", "is not closed"],
    ["{{", "1:1", "is not closed"],
    ['[1,\n {{#if a}}"x"', "2:2", "{{/if}}"],
    ["{{#if a}}{{#each b}}1{{/if}}{{/each}}", "1:10", '"each" is closed by "if"'],
    ["[1{{/if}}]", "1:3", "{{/if}} cannot be read"],
    ['{"a": {{}}}', "1:7", "{{}} cannot be read"],
    ['{"a": {{a b}}}', "1:7", "no helpers"],
    ['{"a": {{a b=1}}}', "1:7", "no helpers"],
    ['{"a": {{> p}}}', "1:7", "no partials"],
    ['{"a": {{* d}}}', "1:7", "not supported"],
    ['{{#*inline "p"}}1{{/inline}}', "1:1", "not supported"],
    ["{{#> layout}}1{{/layout}}", "1:1", "not supported"],
    ["{{#with a}}1{{/with}}", "1:1", 'no block "with"'],
    ["{{#a}}1{{/a}}", "1:1", "needs one value"],
    ["{{^a}}1{{/a}}", "1:1", "needs one value"],
    ["{{#if a b}}1{{/if}}", "1:1", "needs one value"],
    ["{{#if (eq a b)}}1{{/if}}", "1:1", "not the name"],
    ["{{#if a includeZero=true}}1{{/if}}", "1:1", "needs one value"],
    ["[{{#each xs as |x|}}1{{/each}}]", "1:2", "needs one value"],
    ["{{true}}", "1:1", "not the name"],
    ["{{5}}", "1:1", "not the name"],
    ["{{this}}", "1:1", "member of an each"],
    ["{{../a}}", "1:1", "leads out"],
    ["[{{#each xs}}{{../../a}}{{/each}}]", "1:14", "leads out"],
    ["{{@index}}", "1:1", "means nothing"],
    ["[{{#each xs}}{{@key}}{{/each}}]", "1:14", "means nothing"],
    ["{{{{raw}}}} {{{{/raw}}}}", "1:15", "{{/raw}} cannot be read"],
  ])("%j at %s: %s", (source, at, mend) => {
    const error = errorOf(() => compileJson(source, {}));
    expect(error.code).toBe("manifest_invalid");
    expect(error.errors[0]?.at).toBe(at);
    expect(error.errors[0]?.message).toContain(mend);
  });
});
