import { z } from "zod";
import type { Context } from "./context.ts";
import { oncePer } from "./engine/once-per.ts";
import { invalidInput, type Mistake, MOST_MISTAKES, TidewireError } from "./kernel/errors.ts";
import type { JsonSchema } from "./kernel/json.ts";
import { issueWords } from "./manifest/issue-words.ts";
import { likelyIssues, valueAt } from "./manifest/likely-issues.ts";
import { suggestion } from "./manifest/nearest.ts";
import { hasScope, type Scope } from "./model/actor.ts";
import type { Reply } from "./model/reply.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a caller may do. Every surface is a loop over the list of these (`catalog.ts`). */
export interface Command<I = unknown> {
  /** `subscriptions.create`: unique, and its name on every surface. */
  name: string;
  summary: string;
  /** The scope a key needs; null = any valid key. */
  scope: Scope | null;
  http: {
    method: Method;
    /** Hono's form: `/v1/connections/:id`. Path, query and body members are one input. */
    path: string;
    /** 200 unless said. */
    status?: number;
    /** True: the value is the whole body, not wrapped in `result`. */
    bare?: boolean;
    /** The member of the input that takes the whole body (or, on GET, the query members that are not the command's own). */
    bodyAs?: string;
    /** The member of the input that takes `Last-Event-ID`: a stream goes on after it. */
    resumeAs?: string;
    /** The member of the input that is true when the caller would rather not wait (`Prefer: respond-async`). */
    asyncAs?: string;
  };
  input: z.ZodType<I>;
  /** Schema of the value, or of one member of a list. */
  output?: JsonSchema;
  run(context: Context, input: I): Promise<Reply>;
}

/** The inputs of every listing (CONTRACT: `?limit=` and `?cursor=`). */
export const PAGE_INPUT = {
  limit: z.coerce.number().optional().describe("How many at most; 20 unless said, 200 at most."),
  cursor: z.string().optional().describe("The next_cursor of the page before."),
};

/** Keeps a command's input type while it joins a list of unlike ones. */
export function command<I>(definition: Command<I>): Command {
  return definition as unknown as Command;
}

/** The inputs of commands that were called, compiled to code: walking a schema takes ten times as long. */
const checkOf = oncePer<z.ZodType, z.ZodType>();

/** The one door: scope, then input, then the command itself. Throws `forbidden` or `invalid_input` before anything runs. */
export function invoke(target: Command, context: Context, rawInput: unknown): Promise<Reply> {
  try {
    return target.run(context, checked(target, context, rawInput));
  } catch (error) {
    return Promise.reject(error);
  }
}

function checked(target: Command, context: Context, rawInput: unknown): unknown {
  if (target.scope !== null && !hasScope(context.actor, target.scope)) {
    throw new TidewireError("forbidden", `"${target.name}" needs a key with the scope "${target.scope}".`);
  }
  const parsed = checkOf(target.input, () => z.compile(target.input)).safeParse(rawInput);
  if (!parsed.success)
    throw invalidInput(
      parsed.error.issues
        .flatMap((issue) => likelyIssues(issue, rawInput))
        .flatMap((issue) => toMistakes(issue, rawInput, target.input)),
    );
  return parsed.data;
}

/** Where each mistake is, by the member's name; an unknown member gets the name that was probably meant. */
function toMistakes(issue: z.core.$ZodIssue, raw: unknown, input: z.ZodType): Mistake[] {
  const at = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") {
    const given = valueAt(raw, issue.path.map(String));
    return [{ at: at || "(input)", message: issueWords(issue, given), code: issue.code }];
  }
  const known = at === "" && input instanceof z.ZodObject ? Object.keys(input.shape) : [];
  const isPlain = issue.message.startsWith("Unrecognized key"); // else the schema has a better word for it
  return issue.keys.slice(0, MOST_MISTAKES).map((key) => ({
    at: at === "" ? key : `${at}.${key}`,
    message: isPlain ? unknownMember(key, known) : issue.message,
    code: issue.code,
  }));
}

function unknownMember(name: string, known: readonly string[]): string {
  return known.length === 0 ? "it is not known here" : `it is not known here. ${suggestion(name, known)}`;
}
