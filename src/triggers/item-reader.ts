import { engineDeps } from "../connections/engine-deps.ts";
import { readRecord } from "../engine/answer.ts";
import type { Json } from "../kernel/json.ts";
import type { Account } from "../model/connection.ts";
import type { SweepRun } from "./sweep-run.ts";

/** Reads the record of a key upstream; throws what the engine throws. */
export type ReadItem = (key: string) => Promise<Json>;

/**
 * How a sweep reads one item by the named operation, whose one required input (beside those of the poller itself) takes the key;
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
  const keyInput = operation?.inputs.find((input) => input.required && !(input.name in poller.input));
  if (!operation || !keyInput) return null;
  const shared = operation.inputs.filter((input) => input.name in poller.input);
  const given = Object.fromEntries(shared.map((input) => [input.name, poller.input[input.name]]));
  return (key) => {
    const input = { ...given, [keyInput.name]: key };
    return readRecord(engineDeps(ports), { connector, resource, operation, input, account, fields: "raw", signal });
  };
}
