import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issueWords } from "../../src/manifest/issue-words.ts";

/** What is said of `value` where it stands as the member `m`. */
function said(schema: z.ZodType, value?: unknown): string[] {
  const issues = z.object({ m: schema }).safeParse({ m: value }).error?.issues ?? [];
  return issues.map((issue) => issueWords(issue, value));
}

describe("issueWords", () => {
  const kind = z.enum(["String", "Integer"]);

  it("suggests the choice that was probably meant, else tells all", () => {
    expect(said(kind, "integer")).toEqual(['there is no "integer" here. Did you mean "Integer"?']);
    expect(said(kind, "Colour")).toEqual(['there is no "Colour" here. There is "String", "Integer".']);
    expect(said(kind, 5)).toEqual(['expected one of "String", "Integer"']);
    expect(said(kind)).toEqual(['is required: one of "String", "Integer"']);
  });

  it("does so for what tells the branches of a union apart", () => {
    const branch = (method: string) => z.object({ method: z.literal(method) });
    const auth = z.discriminatedUnion("method", [branch("bearer"), branch("basic")]);
    const [issue] = auth.safeParse({ method: "Bearer" }).error?.issues ?? [];
    expect(issue && issueWords(issue, "Bearer")).toBe('there is no "Bearer" here. Did you mean "bearer"?');
  });

  it("asks for a number in plain words, and keeps what a schema says itself", () => {
    expect(said(z.coerce.number(), "abc")).toEqual(["expected a number"]);
    expect(said(z.enum(["a"], { error: "write a" }), "b")).toEqual(["write a"]);
    expect(said(z.string().min(3, "at least three letters"), "x")).toEqual(["at least three letters"]);
  });
});
