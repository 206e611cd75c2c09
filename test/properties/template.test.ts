import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TidewireError } from "../../src/kernel/errors.ts";
import type { Json } from "../../src/kernel/json.ts";
import { compileJson } from "../../src/template/json.ts";
import { compileText } from "../../src/template/text.ts";
import { variablesOf } from "../../src/template/variables.ts";

/** The marks of JSON and Handlebars, and what usually breaks out of a template. */
const MARKS = [
  ['"', "\\", "{{", "}}", "{", "}", "{{x}}", "{{#if", "\n", "\r", "\0", "\u2028", "\u2029", "\ud800", "\udc00"],
  ["é", "😀", ",", ":", "[", "]", '5, "x": 1', "\\u0022", "__proto__", "a", " ", "7", "~", "<&>"],
].flat();
const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...MARKS)).map((parts) => parts.join("")),
);
const scalar = fc.oneof(nasty, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const anyJson = fc.jsonValue({ stringUnit: "binary" }) as fc.Arbitrary<Json>;

/** A template as it is meant; `undefined` as a hole's value is a missing one. */
type Meant =
  | { kind: "literal"; json: Json }
  | { kind: "bare"; type: string; value: Json | undefined }
  | { kind: "quoted"; type: string; value: Json | undefined }
  | { kind: "text"; pieces: { text: string; hole: string | number | boolean }[] }
  | { kind: "loop"; members: (string | number | boolean)[]; comma: "before" | "after" | "none" }
  | { kind: "array"; items: Item<Meant>[] }
  | { kind: "object"; items: Item<{ key: string; value: Meant }>[] };
/** `when`: it stands in a block that holds or not; null = in none. */
interface Item<T> {
  item: T;
  when: boolean | null;
  unless: boolean;
}

const item = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<Item<T>> =>
  fc.record({ item: of, when: fc.constantFrom(null, null, true, false), unless: fc.boolean() });
const missing = fc.constant(undefined);

const { meant } = fc.letrec<{ meant: Meant }>((tie) => ({
  meant: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.record({ kind: fc.constant("literal" as const), json: anyJson }),
    fc.oneof(
      ...[
        [fc.string({ unit: "binary" }), "String"] as const,
        [nasty, "String"] as const,
        [fc.integer(), "Integer"] as const,
        [fc.double({ noNaN: true, noDefaultInfinity: true }), "Number"] as const,
        [fc.boolean(), "Boolean"] as const,
        [anyJson, "Json"] as const,
        [fc.array(anyJson), "Array"] as const,
        [missing, "Integer"] as const,
        [fc.constant(null), "String"] as const,
      ].flatMap(([value, type]) => [
        fc.record({ kind: fc.constant("bare" as const), type: fc.constant(type as string), value }),
        fc.record({ kind: fc.constant("quoted" as const), type: fc.constant(type as string), value }),
      ]),
    ),
    fc.record({
      kind: fc.constant("text" as const),
      pieces: fc.array(fc.record({ text: nasty, hole: scalar }), { minLength: 2, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("loop" as const),
      members: fc.array(scalar),
      comma: fc.constantFrom("before" as const, "after" as const, "none" as const),
    }),
    fc.record({ kind: fc.constant("array" as const), items: fc.array(item(tie("meant")), { maxLength: 4 }) }),
    fc.record({
      kind: fc.constant("object" as const),
      items: fc.uniqueArray(item(fc.record({ key: nasty, value: tie("meant") })), {
        maxLength: 4,
        selector: (entry) => entry.item.key,
      }),
    }),
  ),
}));

/** Text as it is written within a JSON template: JSON's own escapes, and `\{{` for a literal `{{`. */
function written(text: string): string {
  // A brace just before a hole would join it: `{{{x}}}` is one tag.
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replace(/\{+$/, (braces) => "\\u007b".repeat(braces.length));
  return escaped.replaceAll("{{", "\\{{");
}

/** Writes what is meant as a template, and notes the values that go into its holes. */
class Writer {
  readonly values: Record<string, unknown> = {};
  readonly types: Record<string, string> = {};
  #holes = 0;

  write(meantTree: Meant): string {
    switch (meantTree.kind) {
      case "literal":
        return JSON.stringify(meantTree.json).replaceAll("{{", "\\{{");
      case "bare":
        return `{{${this.#hole(meantTree.value, meantTree.type)}}}`;
      case "quoted":
        return `"{{${this.#hole(meantTree.value, meantTree.type)}}}"`;
      case "text":
        return `"${meantTree.pieces.map(({ text, hole }) => `${written(text)}{{${this.#hole(hole)}}}`).join("")}"`;
      case "loop": {
        const [before, after] = [
          meantTree.comma === "before" ? "{{#unless @first}},{{/unless}}" : "",
          meantTree.comma === "after" ? ", " : "",
        ];
        return `[{{#each ${this.#hole(meantTree.members)}}}${before}{"it": {{this}}, "as": "<{{this}}>"}${after}{{/each}}]`;
      }
      case "array":
        return `[${this.#list(meantTree.items, (value) => this.write(value))}]`;
      case "object":
        return `{ ${this.#list(meantTree.items, ({ key, value }) => `"${written(key)}":${this.write(value)}`)} }`;
    }
  }

  #list<T>(items: Item<T>[], write: (value: T) => string): string {
    return items
      .map(({ item: value, when, unless }, i) => {
        const text = `${i > 0 ? "," : ""}${write(value)}`;
        if (when === null) return text;
        const test = this.#hole(when);
        return unless ? `{{#unless ${test}}}{{else}}${text}{{/unless}}` : `{{#if ${test}}}${text}{{/if}}`;
      })
      .join("");
  }

  #hole(value: unknown, type?: string): string {
    const name = `h${this.#holes++}`;
    if (value !== undefined) this.values[name] = value;
    if (type !== undefined) this.types[name] = type;
    return name;
  }
}

/** The JSON that is meant; undefined = nothing stands there. */
function intended(meantTree: Meant): Json | undefined {
  switch (meantTree.kind) {
    case "literal":
      return meantTree.json;
    case "bare":
      return meantTree.value;
    case "quoted": {
      const { value, type } = meantTree;
      return value === undefined || value === null || type === "Json" || type === "Array"
        ? value
        : String(value as string);
    }
    case "text":
      return meantTree.pieces.map(({ text, hole }) => text + String(hole)).join("");
    case "loop":
      return meantTree.members.map((member) => ({ it: member, as: `<${member}>` }));
    case "array":
      return standing(meantTree.items)
        .map(intended)
        .filter((value) => value !== undefined);
    case "object":
      return Object.fromEntries(
        standing(meantTree.items)
          .map(({ key, value }) => [key, intended(value)] as const)
          .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
      );
  }
}

function standing<T>(items: Item<T>[]): T[] {
  return items.filter(({ when }) => when !== false).map((entry) => entry.item);
}

describe("a JSON template", () => {
  it("renders the tree that is meant, whatever its values hold, and it goes through JSON unchanged", () => {
    fc.assert(
      fc.property(meant, (tree) => {
        const writer = new Writer();
        // An array around it, so that a missing value at the root has somewhere to be missing from.
        const source = `[${writer.write(tree)}]`;
        const rendered = compileJson(source, writer.types).render(writer.values);
        const expected = intended(tree);
        const text = JSON.stringify(rendered);
        expect(text).toBe(JSON.stringify(expected === undefined ? [] : [expected]));
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(new Set(variablesOf(source))).toEqual(new Set(compileJson(source, writer.types).names));
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps its shape: no value adds a key or an element", () => {
    const source = '{"model": "{{a}}", "n": {{b}}, "list": ["{{a}}", "x{{c}}y", {{d}}], "in": {"k": "{{b}}{{c}}"}}';
    const template = compileJson(source, {});
    fc.assert(
      fc.property(nasty, nasty, nasty, nasty, (a, b, c, d) => {
        const sent = JSON.parse(JSON.stringify(template.render({ a, b, c, d })));
        expect(sent).toEqual(JSON.parse(JSON.stringify({ model: a, n: b, list: [a, `x${c}y`, d], in: { k: b + c } })));
        expect(Object.keys(sent)).toEqual(["model", "n", "list", "in"]);
        expect(sent.list).toHaveLength(3);
      }),
    );
  });

  it("lets no value of another type through a typed hole", () => {
    const template = compileJson('{"n": {{n}}}', { n: "Integer" });
    fc.assert(
      fc.property(fc.anything(), (n) => {
        try {
          const { n: sent } = template.render({ n }) as { n?: number | null };
          expect(sent === undefined || sent === null || Number.isInteger(sent)).toBe(true);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "invalid_input" });
        }
      }),
    );
  });

  it("compiles or is refused with a position, whatever is written", () => {
    const pieces = [
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "1",
      "{{x}}",
      "{{{x}}}",
      "{{#if x}}",
      "{{else}}",
      "{{/if}}",
      "{{#each x}}",
      "{{/each}}",
      "{{this}}",
      "{{",
      "}}",
      "\\",
      "~",
      "{{!",
      " ",
      "a",
      "null",
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          nasty,
          fc.array(fc.constantFrom(...pieces)).map((parts) => parts.join("")),
        ),
        (source) => {
          try {
            const rendered = compileJson(source, {}).render({ x: [1, "a"] });
            expect(JSON.parse(JSON.stringify(rendered))).toEqual(rendered);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(TidewireError);
            const { code, errors } = thrown as TidewireError;
            if (code !== "invalid_input") expect(errors[0]?.at).toMatch(/^[1-9]\d*:[1-9]\d*$/);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("a text template", () => {
  it("puts values in as they are", () => {
    const template = compileText("a{{x}}b{{y}}");
    fc.assert(
      fc.property(nasty, scalar, (x, y) => {
        expect(template.render({ x, y })).toBe(`a${x}b${String(y)}`);
      }),
    );
  });

  it("of a path never changes the number of segments, and each value arrives as it was", () => {
    const template = compileText("/files/{{x}}/v{{y}}-{{z}}/content", { encode: encodeURIComponent });
    fc.assert(
      fc.property(nasty, nasty, nasty, (x, y, z) => {
        let path: string;
        try {
          path = template.render({ x, y, z });
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "invalid_input" });
          expect([x, y, z].some((value) => ["", ".", ".."].includes(value) || !value.isWellFormed())).toBe(true);
          return;
        }
        const url = new URL(path, "https://api.example.com");
        expect(url.host + url.search + url.hash).toBe("api.example.com");
        expect(url.pathname.split("/").map(decodeURIComponent)).toEqual(["", "files", x, `v${y}-${z}`, "content"]);
      }),
    );
  });

  it("of a path of holes alone keeps its segments too", () => {
    const template = compileText("/{{x}}{{y}}/{{z}}", { encode: encodeURIComponent });
    const dots = fc.constantFrom(".", "..", "...", "a", "%2e", "/", "\\", "?", "");
    fc.assert(
      fc.property(dots, dots, dots, (x, y, z) => {
        try {
          const { pathname } = new URL(template.render({ x, y, z }), "https://api.example.com");
          expect(pathname.split("/").map(decodeURIComponent)).toEqual(["", x + y, z]);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "invalid_input" });
        }
      }),
    );
  });
});
