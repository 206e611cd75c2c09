import type { z } from "zod";
import { ownMember } from "../kernel/json.ts";
import type { Path } from "./source.ts";

type Issue = z.core.$ZodIssue;

/**
 * An issue with its whole path, and in place of a union's those of the branch that the writer most likely meant: the one whose
 * own kind fits, with the fewest mistakes. A union that has words of its own keeps them.
 */
export function likelyIssues(issue: Issue, value: unknown, above: Path = []): Issue[] {
  const path = [...above, ...(issue.path as Path)];
  if (issue.code !== "invalid_union" || issue.errors.length === 0 || issue.message !== "Invalid input")
    return [{ ...issue, path: [...path] }];
  const branches = issue.errors.map((errors) => errors.flatMap((nested) => likelyIssues(nested, value, path)));
  const fitting = branches.filter((branch) => !branch.some((i) => isOfAnotherKind(i, path.length, value)));
  const weight = (branch: Issue[]) => branch.reduce((sum, i) => sum + weightOf(i, path.length, value), 0);
  const best = fitting.sort((a, b) => weight(a) - weight(b))[0];
  return best ?? [{ ...issue, path: [...path], message: alternatives(branches.flat()) }];
}

/** What stands at a path; undefined when nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => ownMember(at, String(step)), value);
}

/** True when what stands at this depth is not even of the kind that the branch takes. */
function isOfAnotherKind(issue: Issue, depth: number, value: unknown): boolean {
  if (issue.path.length !== depth) return false;
  const isListed = issue.code === "invalid_value"; // one of some texts
  return issue.code === "invalid_type" || (isListed && typeof valueAt(value, issue.path as Path) === "object");
}

/** How far an issue speaks against a branch at this depth: most when the value itself has a key too many or too few. */
function weightOf(issue: Issue, depth: number, value: unknown): number {
  if (issue.code === "unrecognized_keys") return issue.path.length === depth ? 100 * issue.keys.length : 1;
  return issue.path.length === depth + 1 && valueAt(value, issue.path as Path) === undefined ? 10 : 1;
}

function alternatives(issues: Issue[]): string {
  const expected = issues.flatMap((issue) => (issue.code === "invalid_type" ? [issue.expected] : []));
  return `Invalid input: expected ${[...new Set(expected)].join(" or ")}`;
}
