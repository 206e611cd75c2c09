import { authorize } from "../../engine/authorize.ts";
import type { OperationCall } from "../../engine/call.ts";
import { positionOf } from "../../engine/cursor.ts";
import { buildRequest } from "../../engine/request.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { isObject } from "../../kernel/json.ts";
import type { Actor } from "../../model/actor.ts";
import { newRun } from "../../model/async-run.ts";
import { isBinaryInput } from "../../model/binary.ts";
import type { Reply } from "../../model/reply.ts";
import { runPath, runView } from "../../model/run-view.ts";
import { type ActionPorts, type OperationRequest, prepareCall, scopeOf } from "../run.ts";
import { sealRequest } from "./sealed.ts";

/**
 * Takes an operation to be run later, and answers at once with the job that will. Everything that can be found wrong without
 * asking the provider is found now: throws what `runOperation` throws before anything is sent, and `invalid_input` for files
 * and streams.
 */
export async function acceptRun(ports: ActionPorts, actor: Actor, request: OperationRequest): Promise<Reply> {
  const call = await prepareCall(ports, actor, request);
  assertNoFiles(request.input);
  assertOneAnswer(call);
  assertSendable(call);
  const id = ports.newId("job");
  const { operation: asked, input, text = false } = request;
  const run = newRun(
    {
      id,
      owner: actor.keyId,
      scope: scopeOf(call.operation),
      connector: call.connector.handle,
      operation: call.operation.id,
      connectionId: call.account.connectionId,
      connection: call.account.name,
      fields: request.fields,
      replay: null,
      sealedRequest: sealRequest(ports.vault, id, { operation: asked, input, text }),
    },
    ports.clock.now(),
  );
  await ports.store.runs.create(run);
  const headers = { location: runPath(run), "preference-applied": "respond-async" };
  return { kind: "value", value: runView(run), headers, status: 202 };
}

/** Throws what is found wrong when the request is made: a value that has no place, a foreign cursor, a credential that is not there. */
function assertSendable(call: OperationCall): void {
  positionOf(call);
  const request = buildRequest(call);
  const auth = call.connector.auths[call.operation.auth];
  if (auth?.grant === null) authorize(request, call); // a token would have to be got first
}

/** Files that came in a form lie on disk until they are answered, and no longer; one that came as base64 is part of the input. */
function assertNoFiles(input: unknown): void {
  const named = isObject(input) ? Object.entries(input) : [];
  const files = named.filter(([, value]) => [value].flat().some(isBinaryInput));
  if (files.length > 0) throw invalidInput(files.map(([at]) => ({ at, code: "unsupported", message: NO_FILES })));
}

/** Throws `invalid_input` for an answer that is a stream: nobody is there to read it. */
export function assertOneAnswer({ operation, input }: OperationCall): void {
  const { type, stream } = operation.response;
  if (stream && input.stream === true) throw invalidInput([{ at: "stream", code: "unsupported", message: NO_STREAM }]);
  if (type === "sse" || type === "jsonl" || type === "binary") {
    throw invalidInput([{ at: "Prefer", code: "unsupported", message: NO_STREAM }]);
  }
}

const NO_FILES = "a file in a form cannot wait; send it as base64, or leave `Prefer: respond-async` out";
const NO_STREAM = "an answer that is streamed cannot be had with `Prefer: respond-async`; leave one of the two out";
