import type { z } from "zod";
import type { Context } from "./context.ts";
import { invalidInput, type Mistake, TidewireError } from "./kernel/errors.ts";
import type { JsonSchema } from "./kernel/json.ts";
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
  };
  input: z.ZodType<I>;
  /** Schema of the value, or of one member of a list. */
  output?: JsonSchema;
  run(context: Context, input: I): Promise<Reply>;
}

/** Keeps a command's input type while it joins a list of unlike ones. */
export function command<I>(definition: Command<I>): Command {
  return definition as unknown as Command;
}

/** The one door: scope, then input, then the command itself. Throws `forbidden` or `invalid_input` before anything runs. */
export async function invoke(target: Command, context: Context, rawInput: unknown): Promise<Reply> {
  if (target.scope !== null && !hasScope(context.actor, target.scope)) {
    throw new TidewireError("forbidden", `"${target.name}" needs a key with the scope "${target.scope}".`);
  }
  const parsed = target.input.safeParse(rawInput);
  if (!parsed.success) throw invalidInput(parsed.error.issues.map(toMistake));
  return target.run(context, parsed.data);
}

function toMistake(issue: z.core.$ZodIssue): Mistake {
  return { at: issue.path.map(String).join(".") || "(input)", message: issue.message, code: issue.code ?? "invalid" };
}
