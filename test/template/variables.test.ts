import { expect, it } from "vitest";
import { indispensableVariablesOf, variablesOf } from "../../src/template/variables.ts";

it("names the placeholders of a text or JSON template, each once, in order", () => {
  expect(variablesOf("/{{org}}/{{file_id}}/{{org}}")).toEqual(["org", "file_id"]);
  expect(variablesOf('{"n": {{n}}, "s": "{{a.b}} \\{{not}}"{{#if c}}, "c": {{n}}{{/if}}}')).toEqual(["n", "a", "c"]);
  expect(variablesOf("/messages")).toEqual([]);
});

it("leaves out what an each finds in its members", () => {
  expect(
    variablesOf("{{#each xs}}{{this}}{{name}}{{this.id}}{{@index}}{{../y}}{{@root.z}}{{else}}{{w}}{{/each}}"),
  ).toEqual(["xs", "y", "z", "w"]);
});

it("tells those that every text holds from those in blocks", () => {
  expect(indispensableVariablesOf("/{{org}}{{#if c}}/{{c}}{{/if}}/{{file.id}}{{#each xs}}{{this}}{{/each}}")).toEqual([
    "org",
    "file",
  ]);
});

it("throws for what does not parse", () => {
  expect(() => variablesOf("{{a")).toThrow(expect.objectContaining({ code: "manifest_invalid" }));
});
