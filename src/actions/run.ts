import { engineDeps } from "../connections/engine-deps.ts";
import { resolveAccount } from "../connections/resolve.ts";
import type { Ports } from "../context.ts";
import type { OperationCall } from "../engine/call.ts";
import { execute } from "../engine/execute.ts";
import { present } from "../engine/select.ts";
import type { Cancellation } from "../kernel/canceller.ts";
import { TidewireError } from "../kernel/errors.ts";
import { coerceInput } from "../manifest/coerce.ts";
import type { Operation } from "../manifest/connector.ts";
import { checkInput } from "../manifest/inputs.ts";
import { type Actor, hasScope, type Scope } from "../model/actor.ts";
import type { Reply } from "../model/reply.ts";
import type { Surface } from "../model/surface.ts";
import { unaliased } from "./alias.ts";
import { operationOf } from "./find.ts";
import { assertTellable, tellAction, tellStream, wantedEvents } from "./tell.ts";

export type ActionPorts = Pick<
  Ports,
  "connectors" | "store" | "vault" | "upstream" | "clock" | "random" | "log" | "newId" | "config"
>;

/** An operation as a caller asks for it. */
export interface OperationRequest {
  /** Handle. */
  connector: string;
  /** `files.upload`, or an alias. */
  operation: string;
  /** Name or id; see `resolveAccount` for what is taken without one. */
  connection?: string;
  input: unknown;
  /** True when the input's values are texts (a query string, a form) that stand for the types of the operation. */
  text?: boolean;
  fields: "selected" | "raw";
  /** By what the caller came; without it no `expose` is asked. */
  surface?: Surface | undefined;
  signal: Cancellation;
}

/**
 * Runs an operation upstream. Its event, when a subscription or an open feed wants it, is stored before the answer is given, or before the
 * end of a stream whose record the manifest tells how to put together (`assemble`). Throws `not_found`, `unsupported`,
 * `forbidden`, `invalid_input`, `connection_required` and what is wrong with the database before anything is sent, then what the engine throws.
 */
export async function runOperation(ports: ActionPorts, actor: Actor, request: OperationRequest): Promise<Reply> {
  const call = await prepareCall(ports, actor, request);
  const events = await wantedEvents(ports, call);
  assertTellable(ports, events);
  return await (events.length === 0 ? execute(engineDeps(ports), call) : runAndTell(ports, call, events));
}

/** What a request comes to: the operation, its input checked, the account. Throws what `runOperation` throws before anything is sent. */
export async function prepareCall(
  ports: Pick<ActionPorts, "connectors" | "store" | "vault">,
  actor: Actor,
  request: OperationRequest,
): Promise<OperationCall> {
  const { connector, resource, operation, shape } = operationOf(
    ports.connectors,
    request.connector,
    request.operation,
    request.surface,
  );
  mustBeAllowed(actor, operation);
  if (operation.unsupported !== null) {
    throw new TidewireError("unsupported", `${operation.id}: ${operation.unsupported}`);
  }
  const own = unaliased(shape, request.input, request.text);
  const given = request.text ? coerceInput(operation, own as Record<string, string | string[]>) : own;
  const input = checkInput(operation, given);
  const account = await resolveAccount(ports, connector, request.connection, actor);
  return { connector, resource, operation, input, account, fields: request.fields, signal: request.signal };
}

/** The scope that running an operation needs. */
export function scopeOf({ kind }: Operation): Scope {
  return kind === "query" ? "actions:read" : "actions:write";
}

function mustBeAllowed(actor: Actor, operation: Operation): void {
  const scope = scopeOf(operation);
  if (!hasScope(actor, scope)) {
    throw new TidewireError("forbidden", `"${operation.id}" needs a key with the scope "${scope}".`);
  }
}

/** Asks for the provider's own record, which the events are made of, and gives the caller what was asked for. */
async function runAndTell(
  ports: ActionPorts,
  call: OperationCall,
  events: Awaited<ReturnType<typeof wantedEvents>>,
): Promise<Reply> {
  const reply = await execute(engineDeps(ports), { ...call, fields: "raw" });
  if (reply.kind === "stream") return { ...reply, events: tellStream(ports, call, events, reply.events) };
  if (reply.kind !== "value") return reply;
  await tellAction(ports, call, events, reply.value);
  return { ...reply, value: present(call, reply.value) };
}
