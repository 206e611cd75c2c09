import { describe, expect, it } from "vitest";
import { readFrontmatter } from "../../src/sandbox/frontmatter.ts";

function read(front: string): Record<string, string> {
  return Object.fromEntries(readFrontmatter(`---\n${front}\n---\n# Body\nname: not this\n`));
}

describe("frontmatter", () => {
  it.each<[string, string, Record<string, string>]>([
    ["plain texts", "name: my-skill\ndescription: Does it: well", { name: "my-skill", description: "Does it: well" }],
    ["quoted texts", "a: \"x \\\"y\\\" #1\"\nb: 'it''s'", { a: 'x "y" #1', b: "it's" }],
    ["a comment", "# first\na: x # last", { a: "x" }],
    ["a folded block", "a: >-\n  one\n  two\nb: y", { a: "one two", b: "y" }],
    ["a literal block", "a: |\n  one\n  two", { a: "one\ntwo" }],
    ["a text that goes on", "a: one\n  two", { a: "one two" }],
    ["lists and maps, passed over", "metadata:\n  author: x\ntags:\n- a\n- b\nname: y", { name: "y" }],
    ["Windows line ends", "a: x\r\nb: y\r", { a: "x", b: "y" }],
  ])("reads %s", (_, front, expected) => {
    expect(read(front)).toEqual(expected);
  });

  it.each([
    ["no end", "---\nname: x"],
    ["no beginning", "name: x\n---\n"],
    ["a line that is no member", "---\njust words\n---\n"],
    ["a member twice", "---\na: x\na: y\n---\n"],
    ["an open quote", '---\na: "x\n---\n'],
  ])("refuses %s", (_, markdown) => {
    expect(() => readFrontmatter(markdown)).toThrow("SKILL.md");
  });
});
