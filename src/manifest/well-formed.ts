import type { z } from "zod";
import type { Mistake } from "../kernel/errors.ts";
import { isObject, type Json, ownMember } from "../kernel/json.ts";
import { issueWords } from "./issue-words.ts";
import type { Path } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** The value as `schema` reads it, and every mistake of its form. Null when it cannot be understood at all: unknown keys alone never stop the rest from being checked. */
export function wellFormed<T>(
  schema: z.ZodType<T>,
  value: Json,
  at: (path: Path) => string,
): { parsed: T | null; mistakes: Mistake[] } {
  const first = schema.safeParse(value);
  if (first.success) return { parsed: first.data, mistakes: [] };
  const issues = first.error.issues.flatMap((issue) => leaves(issue, value));
  const mistakes = issues.flatMap((issue) => toMistakes(issue, value, at));
  if (issues.some((issue) => issue.code !== "unrecognized_keys")) return { parsed: null, mistakes };
  const second = schema.safeParse(withoutKeys(value, issues.flatMap(unknownPaths)));
  return { parsed: second.success ? second.data : null, mistakes };
}

/** A union's mistake is that of the branch which the writer most likely meant: the one whose own kind fits, with the fewest mistakes. */
function leaves(issue: Issue, value: Json, above: Path = []): Issue[] {
  const path = [...above, ...(issue.path as Path)];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ ...issue, path: [...path] }];
  const branches = issue.errors.map((errors) => errors.flatMap((nested) => leaves(nested, value, path)));
  const fitting = branches.filter(
    (branch) => !branch.some((i) => i.code === "invalid_type" && i.path.length === path.length),
  );
  const weight = (branch: Issue[]) => branch.reduce((sum, i) => sum + weightOf(i, path.length, value), 0);
  const best = fitting.sort((a, b) => weight(a) - weight(b))[0];
  return best ?? [{ ...issue, path: [...path], message: alternatives(branches.flat()) }];
}

/** How far an issue speaks against a branch at this depth: most when the value itself has a key too many or too few. */
function weightOf(issue: Issue, depth: number, value: Json): number {
  if (issue.code === "unrecognized_keys") return issue.path.length === depth ? 100 * issue.keys.length : 1;
  return issue.path.length === depth + 1 && valueAt(value, issue.path as Path) === undefined ? 10 : 1;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => ownMember(at, String(step)), value);
}

function alternatives(issues: Issue[]): string {
  const expected = issues.flatMap((issue) => (issue.code === "invalid_type" ? [issue.expected] : []));
  return `Invalid input: expected ${[...new Set(expected)].join(" or ")}`;
}

function toMistakes(issue: Issue, value: Json, at: (path: Path) => string): Mistake[] {
  const path = issue.path as Path;
  if (issue.code !== "unrecognized_keys") {
    const words = issueWords(issue, valueAt(value, path));
    return [{ at: at(path), code: codeOf(issue), message: `${inWords(path)}: ${words}` }];
  }
  const messages = issue.message.split("\n");
  return issue.keys.map((key, n) => ({
    at: at([...path, key]),
    code: "unknown_key",
    message: messages[n] ?? issue.message,
  }));
}

function codeOf(issue: Issue): string {
  return issue.code === "invalid_type" && issue.message.endsWith("received undefined")
    ? "missing_key"
    : "invalid_value";
}

/** `operations.list.path`, `fields[3].type`. */
function inWords(path: Path): string {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return text.replace(/^\./, "") || "the file";
}

function unknownPaths(issue: Issue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...(issue.path as Path), key]) : [];
}

function withoutKeys(value: Json, paths: Path[]): Json {
  const copy = structuredClone(value);
  for (const path of paths) {
    const holder = valueAt(copy, path.slice(0, -1));
    if (isObject(holder)) delete holder[String(path.at(-1))];
  }
  return copy;
}
