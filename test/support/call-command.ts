import { type Command, invoke } from "../../src/command.ts";
import type { Context } from "../../src/context.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import type { Reply } from "../../src/model/reply.ts";

/** Runs a command of a list by its name, through the one door. */
export function replyOf(
  commands: readonly Command[],
  name: string,
  context: Context,
  input: unknown = {},
): Promise<Reply> {
  const target = commands.find((command) => command.name === name);
  if (!target) throw new Error(`there is no command ${name}`);
  return invoke(target, context, input);
}

/** The value that a command answers with. */
export async function valueOf(
  commands: readonly Command[],
  name: string,
  context: Context,
  input: unknown = {},
): Promise<JsonObject> {
  const reply = await replyOf(commands, name, context, input);
  if (reply.kind !== "value") throw new Error(`${name} answered a ${reply.kind}`);
  return reply.value as JsonObject;
}

/** The members of the list that a command answers with. */
export async function listOf(
  commands: readonly Command[],
  name: string,
  context: Context,
  input: unknown = {},
): Promise<Json[]> {
  const reply = await replyOf(commands, name, context, input);
  if (reply.kind !== "list") throw new Error(`${name} answered a ${reply.kind}`);
  return reply.value;
}
