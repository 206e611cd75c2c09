import { openAccount } from "../../connections/resolve.ts";
import type { OperationCall } from "../../engine/call.ts";
import type { Cancellation } from "../../kernel/canceller.ts";
import { notFound, TidewireError } from "../../kernel/errors.ts";
import { checkInput } from "../../manifest/inputs.ts";
import { type Actor, mayUseConnection } from "../../model/actor.ts";
import type { AsyncRun } from "../../model/async-run.ts";
import { operationOf } from "../find.ts";
import type { ActionPorts } from "../run.ts";

/** What a run's rule names: operations on the one record that the run began. */
type Named = "read" | "results" | "cancel";

/**
 * A call of an operation that a run's `async` rule names, on the run's own record. Throws `not_found` when the connection, the
 * operation or the record's key is not there any more.
 */
export async function keyedCall(
  ports: Pick<ActionPorts, "connectors" | "store" | "vault">,
  actor: Actor,
  run: AsyncRun,
  named: Named,
  signal: Cancellation,
): Promise<OperationCall> {
  const { connector, resource, operation: begun } = operationOf(ports.connectors, run.connector, run.operation);
  const name = begun.async?.[named] ?? null;
  const operation = name === null ? undefined : resource.operations[name];
  const keyInput = operation?.inputs.find((input) => input.required);
  if (!operation || !keyInput || run.recordKey === null) {
    throw new TidewireError("not_found", `"${run.operation}" has nothing to ${VERBS[named]} "${run.id}" with.`);
  }
  const connection = await ports.store.connections.get(run.connectionId);
  if (!connection || !mayUseConnection(actor, connection.id)) throw notFound("connection", run.connection);
  const account = await openAccount(ports, connection);
  const input = checkInput(operation, { [keyInput.name]: run.recordKey });
  return { connector, resource, operation, input, account, fields: run.fields, signal };
}

const VERBS: Record<Named, string> = { read: "look after", results: "get the results of", cancel: "cancel" };
