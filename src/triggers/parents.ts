import type { ListEnd } from "../engine/call.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { checkInput } from "../manifest/inputs.ts";
import { compileSelector } from "../manifest/select.ts";
import type { Account } from "../model/connection.ts";
import { listWithRoom } from "./list-with-room.ts";
import type { Above } from "./subject.ts";
import type { SweepRun } from "./sweep-run.ts";

/**
 * What the lists of a poller with `forEach` are asked with: of each record of the list above the inputs that it gives, once.
 * Throws `NoRoom`, and what the engine throws. An end that is incomplete says why, and then the parents are not all there are.
 */
export async function parentsOf(
  run: SweepRun,
  above: Above,
  { account, signal }: { account: Account; signal: AbortSignal },
): Promise<{ parents: JsonObject[]; end: ListEnd }> {
  const { connector, poller } = run.subject;
  const { resource, operation } = above;
  const input = checkInput(operation, {});
  const call = { connector, resource, operation, input, account, fields: "raw" as const, signal };
  const pages = listWithRoom(run, call, { maxPages: poller.maxPages });
  const inputsOf = inputReader(above);
  const parents = new Map<string, JsonObject>();
  for (;;) {
    const next = await pages.next();
    if (next.done) return { parents: [...parents.values()], end: next.value };
    for (const record of next.value.records ?? []) {
      const parent = inputsOf(record);
      if (parent === null) return { parents: [], end: { complete: false, reason: NAMELESS, pages: 0 } };
      parents.set(JSON.stringify(parent), parent);
    }
  }
}

const NAMELESS = "a record of the list above lacks what `forEach` takes of it";

/** Takes the inputs of a list from a record of the one above; null where one is neither a text nor a number. */
function inputReader({ input }: Above): (record: Json) => JsonObject | null {
  const selects = Object.entries(input).map(([name, selector]) => ({ name, select: compileSelector(selector) }));
  return (record) => {
    const values = selects.map(({ name, select }) => [name, select(record)] as const);
    const isWhole = values.every(
      ([, value]) => typeof value === "number" || (typeof value === "string" && value !== ""),
    );
    return isWhole ? Object.fromEntries(values.map(([name, value]) => [name, value ?? null])) : null;
  };
}
