import type { z } from "zod";
import type { Mistake } from "../kernel/errors.ts";
import { isObject, type Json } from "../kernel/json.ts";
import { issueWords } from "./issue-words.ts";
import { likelyIssues, valueAt } from "./likely-issues.ts";
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
  const issues = first.error.issues.flatMap((issue) => likelyIssues(issue, value));
  const mistakes = issues.flatMap((issue) => toMistakes(issue, value, at));
  if (issues.some((issue) => issue.code !== "unrecognized_keys")) return { parsed: null, mistakes };
  const second = schema.safeParse(withoutKeys(value, issues.flatMap(unknownPaths)));
  return { parsed: second.success ? second.data : null, mistakes };
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
