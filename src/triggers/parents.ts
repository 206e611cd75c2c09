import { engineDeps } from "../connections/engine-deps.ts";
import type { ListEnd } from "../engine/call.ts";
import { listPages } from "../engine/paginate.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { ForEach } from "../manifest/connector.ts";
import { checkInput } from "../manifest/inputs.ts";
import { compileSelector } from "../manifest/select.ts";
import { findOperation } from "../manifest/triggers.ts";
import type { Account } from "../model/connection.ts";
import type { Subject } from "./subject.ts";
import type { SweepPorts } from "./sweep-run.ts";

/**
 * What the lists of a poller with `forEach` are asked with: of each record of the list above the inputs that it gives, once.
 * Throws what the engine throws. An end that is incomplete says why, and then the parents are not all there are.
 */
export async function parentsOf(
  ports: SweepPorts,
  { connector, poller }: Pick<Subject, "connector" | "poller">,
  forEach: ForEach,
  { account, signal }: { account: Account; signal: AbortSignal },
): Promise<{ parents: JsonObject[]; end: ListEnd }> {
  const found = findOperation(connector, forEach.operation);
  if (!found) throw new Error(`there is no operation ${forEach.operation}`);
  const { resource, operation } = found;
  const input = checkInput(operation, {});
  const call = { connector, resource, operation, input, account, fields: "raw" as const, signal };
  const pages = listPages(engineDeps(ports), call, { maxPages: poller.maxPages });
  const inputsOf = inputReader(forEach);
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
function inputReader({ input }: ForEach): (record: Json) => JsonObject | null {
  const selects = Object.entries(input).map(([name, selector]) => ({ name, select: compileSelector(selector) }));
  return (record) => {
    const values = selects.map(({ name, select }) => [name, select(record)] as const);
    const isWhole = values.every(
      ([, value]) => typeof value === "number" || (typeof value === "string" && value !== ""),
    );
    return isWhole ? Object.fromEntries(values.map(([name, value]) => [name, value ?? null])) : null;
  };
}
