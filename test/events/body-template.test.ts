import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileBodyTemplate } from "../../src/events/body-template.ts";
import type { Json } from "../../src/kernel/json.ts";
import { newEvent } from "../support/subscription.ts";

const SUBSCRIPTION = { id: "sub_1", tags: ["ops", "eu"] };
const render = (template: string, data: Json) =>
  JSON.parse(compileBodyTemplate(template)(newEvent({ data }), SUBSCRIPTION)) as Json;
const refusal = (template: string) => {
  try {
    compileBodyTemplate(template);
  } catch (thrown) {
    const { code, errors } = thrown as { code: string; errors: { at: string; message: string }[] };
    return `${code} ${errors[0]?.at}: ${errors[0]?.message}`;
  }
  return "accepted";
};

describe("compileBodyTemplate", () => {
  test("fills its holes with the event and the subscription, each by where it stands", () => {
    const template = `{
      "text": "{{data.filename}} in {{connection}} ({{type}})",
      "size": {{data.size}}, "all": {{data}}, "tags": {{subscription.tags}}, "to": "{{subscription.id}}",
      "names": [{{#each data.files}}"{{name}}"{{/each}}]{{#if data.missing}}, "no": 1{{/if}}, "gone": {{data.gone}}
    }`;
    const data = { filename: 'a "b"\n{{c}} é', size: 7, files: [{ name: "x" }, { name: "y" }] };
    expect(render(template, data)).toEqual({
      text: 'a "b"\n{{c}} é in default (files.created)',
      size: 7,
      all: data,
      tags: ["ops", "eu"],
      to: "sub_1",
      names: ["x", "y"],
    });
  });

  test("is JSON whatever the payload holds, and the payload's own where it stands whole", () => {
    const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), json, (text, value) => {
        const made = render('{"a": "<{{data.text}}>", "b": "{{data.text}}", "c": {{data.value}}}', { text, value });
        expect(made).toEqual({ a: `<${text}>`, b: text, c: value });
      }),
    );
  });

  test.each([
    ['{"a": {{data.id}', 'template:1:7: This "{{" is not closed'],
    ['{\n  "a": "{{data.id}}" "b": 1}', "template:2:22: A comma is missing"],
    ["", "template:1:1: The template is empty"],
    ['{"a": {{#with data}}1{{/with}}}', 'template:1:7: There is no block "with"'],
    ['{"a": {{> other}}}', "template:1:7: "],
    ['{"id": "{{data.id}}",\n "name": "{{filename}}"}', 'template:2:11: An event has no "filename"'],
    ["{{#each dta.files}}1{{/each}}", "template:1:1: "],
    ['[{{#each data.files}}"{{@root.tpye}}"{{/each}}]', 'Did you mean "type"?'],
    ['{"a": "x {{data}}"}', 'template:1:10: "data" is an object'],
    ['{"a": "x {{previous}}"}', 'template:1:10: "previous" is an object'],
    ['{"a": "x{{changed}}"}', 'template:1:9: "changed" is an array'],
    ["[".repeat(8_000) + "]".repeat(8_000), "template: it is nested too deeply"],
  ])("refuses %j with its place and how to mend it", (template, words) => {
    expect(refusal(template)).toContain("invalid_input template");
    expect(refusal(template)).toContain(words);
  });

  test.each<[string, Json]>([
    ['"{{data.files}}"', { files: [1] }],
    ["[{{#each data.files}}1{{/each}}]", { files: "none" }],
    ["{{data.gone}}", {}],
  ])("%j says why it makes nothing of an event", (template, data) => {
    expect(() => render(template, data)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  const many = Array.from({ length: 2_000 }, (_, n) => n);
  const long = "x".repeat(100_000);
  test.each<[string, string, Json]>([
    ["rounds within rounds", `[${"{{#each @root.data}}".repeat(4)}1${"{{/each}}".repeat(4)}]`, many],
    [
      "rounds that make nothing",
      "[{{#each data}}{{#each @root.data}}{{#each @root.data}}{{/each}}{{/each}}{{/each}}]",
      many,
    ],
    [
      "many members a round",
      `[{{#each data}}{${Array.from({ length: 1_000 }, (_, n) => `"a${n}":1`).join(",")}}{{/each}}]`,
      many,
    ],
    ["a long text in each round", '{"a": "{{#each data.many}}{{@root.data.long}}{{/each}}"}', { many, long }],
    ["a long text for each round", '[{{#each data.many}}"{{@root.data.long}}"{{/each}}]', { many, long }],
    ["the whole event in each round", "[{{#each data.many}}{{@root.data}}{{/each}}]", { many }],
    ["a long text many times", `{"a": "${"{{data.long}}".repeat(1_000)}"}`, { long }],
    ["an event that is too long itself", "{{data}}", { many: many.map(() => long.slice(0, 1_000)) }],
  ])("has an end with %s: such a template could take hours, or all memory", (_, template, data) => {
    expect(() => render(template, data)).toThrow("makes more of these values than it may");
  });
});
