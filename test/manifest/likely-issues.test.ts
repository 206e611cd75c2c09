import { expect, it } from "vitest";
import { z } from "zod";
import { issueWords } from "../../src/manifest/issue-words.ts";
import { likelyIssues, valueAt } from "../../src/manifest/likely-issues.ts";

const status = z.enum(["failed", "skipped"]);

/** Each mistake of a value, with its place. */
function said(schema: z.ZodType, value: unknown): string[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues
    .flatMap((issue) => likelyIssues(issue, value))
    .map((issue) => {
      const path = issue.path.map(String);
      return `${path.join(".")}: ${issueWords(issue, valueAt(value, path))}`;
    });
}

const one = z.object({ status: z.union([status, z.array(status)]) });

it("tells of a union the mistake of the branch that was meant, at its place: it was only 'Invalid input'", () => {
  expect(said(one, { status: "faild" })).toEqual(['status: there is no "faild" here. Did you mean "failed"?']);
  expect(said(one, { status: ["failed", "skiped"] })).toEqual([
    'status.1: there is no "skiped" here. Did you mean "skipped"?',
  ]);
});

it("tells what would do where no branch fits", () => {
  expect(said(z.union([z.number(), z.string()]), null)).toEqual([": Invalid input: expected number or string"]);
});

it("keeps what a union says itself", () => {
  expect(said(z.union([z.number(), z.string()], { error: "write 5/s" }), null)).toEqual([": write 5/s"]);
});
