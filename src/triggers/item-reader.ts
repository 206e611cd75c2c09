import { engineDeps } from "../connections/engine-deps.ts";
import { readRecord } from "../engine/answer.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Account } from "../model/connection.ts";
import { splitKey } from "./parent.ts";
import type { SweepRun } from "./sweep-run.ts";

/** Reads the record of a key upstream; throws what the engine throws. */
export type ReadItem = (key: string) => Promise<Json>;

/**
 * How a sweep reads one item by the named operation, whose one required input (beside those of the poller and of a parent) takes the key;
 * null when the resource has none.
 */
export function itemReader(
  { ports, subject }: SweepRun,
  name: string | null | undefined,
  account: Account,
  signal: AbortSignal,
): ReadItem | null {
  const { connector, resource, poller } = subject;
  const operation = name ? resource.operations[name] : undefined;
  const ofParent = poller.forEach ? Object.keys(poller.forEach.input) : [];
  const isGiven = (input: { name: string }) => input.name in poller.input || ofParent.includes(input.name);
  const keyInput = operation?.inputs.find((input) => input.required && !isGiven(input));
  if (!operation || !keyInput) return null;
  const shared = operation.inputs.filter(isGiven);
  return (key) => {
    const { parent, ownKey } = poller.forEach ? splitKey(key, ofParent) : { parent: {}, ownKey: key };
    const values: JsonObject = { ...poller.input, ...parent };
    const given = Object.fromEntries(shared.map(({ name }) => [name, values[name]]));
    const input = { ...given, [keyInput.name]: ownKey };
    return readRecord(engineDeps(ports), { connector, resource, operation, input, account, fields: "raw", signal });
  };
}
