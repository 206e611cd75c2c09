import type { z } from "zod";
import { suggestion } from "./nearest.ts";

/** What an issue of a schema says, in words that tell what to write. A schema's own message is kept. `given` is the value at the issue's path. */
export function issueWords(issue: z.core.$ZodIssue, given: unknown): string {
  const choices = choicesOf(issue);
  if (choices !== null) return notAChoice(given, choices);
  return Number.isNaN(given) || issue.message.endsWith("received NaN") ? "expected a number" : issue.message;
}

/** The values that would do; null where the issue is of another kind, or the schema has a message of its own. */
function choicesOf(issue: z.core.$ZodIssue): string[] | null {
  if (issue.code === "invalid_value" && issue.message.startsWith("Invalid option")) return issue.values.map(String);
  if (issue.code !== "invalid_union" || !issue.message.startsWith("Invalid discriminator")) return null;
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : null;
}

function notAChoice(given: unknown, choices: string[]): string {
  if (given === undefined) return `is required: one of ${choices.map((choice) => `"${choice}"`).join(", ")}`;
  if (typeof given !== "string") return `expected one of ${choices.map((choice) => `"${choice}"`).join(", ")}`;
  return `there is no "${given}" here. ${suggestion(given, choices)}`;
}
