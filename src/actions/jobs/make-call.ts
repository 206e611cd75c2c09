import { actorOf } from "../../access/authenticate.ts";
import { engineDeps } from "../../connections/engine-deps.ts";
import type { OperationCall } from "../../engine/call.ts";
import { execute } from "../../engine/execute.ts";
import { present } from "../../engine/select.ts";
import { planTold } from "../../events/publish.ts";
import { asError, TidewireError } from "../../kernel/errors.ts";
import type { Reply } from "../../model/reply.ts";
import type { ToldEvent } from "../../store/acts.ts";
import { prepareCall } from "../run.ts";
import { actionEvents, wantedEvents } from "../tell.ts";
import { assertOneAnswer } from "./accept.ts";
import { follow } from "./follow.ts";
import { begin, fail, finish, type RunInHand } from "./in-hand.ts";
import { openRequest, sealAnswer } from "./sealed.ts";

/**
 * Makes the operation's own call. That it is about to be made is stored before, and what came of it after, so that one that
 * changes something is sent once at most, whatever becomes of this process.
 */
export async function makeCall(hand: RunInHand): Promise<void> {
  const call = await callOf(hand).catch((thrown: unknown) => failedBefore(hand, thrown));
  const begun = call && (await begin(hand, "call"));
  if (!call || !begun) return;
  let reply: Reply;
  try {
    reply = await execute(engineDeps(hand.ports), { ...call, fields: "raw" });
  } catch (thrown) {
    if (hand.signal.aborted) throw thrown; // nobody knows what became of it: who takes the run over decides
    return fail(begun, asError(thrown));
  }
  await answered(begun, call, reply);
}

/** The call as it was asked for, checked again: since then a key may have been revoked or a manifest changed. */
async function callOf({ ports, run, signal }: RunInHand): Promise<OperationCall> {
  const request = openRequest(ports.vault, run);
  if (request === null) throw new TidewireError("internal", `The run "${run.id}" does not hold its request any more.`);
  const { connector, connectionId: connection, fields } = run;
  const actor = await actorOf(ports, run.owner);
  const call = await prepareCall(ports, actor, { ...request, connector, connection, fields, signal });
  assertOneAnswer(call);
  return call;
}

/** Ends a run whose call cannot be made; trouble with the store is thrown, so that the job is run again. */
async function failedBefore(hand: RunInHand, thrown: unknown): Promise<null> {
  if (!(thrown instanceof TidewireError)) throw thrown;
  await fail(hand, thrown);
  return null;
}

async function answered(hand: RunInHand, call: OperationCall, reply: Reply): Promise<void> {
  const { ports, run } = hand;
  if (reply.kind === "value") {
    const told = await toldOf(hand, call, reply.value);
    if (call.operation.async !== null) return follow(hand, call.operation.async, call, reply, told);
    const answer = { value: present(call, reply.value), meta: reply.meta };
    return finish(hand, "succeeded", { sealedAnswer: sealAnswer(ports.vault, run.id, answer) }, told);
  }
  if (reply.kind !== "list") throw new TidewireError("internal", `${run.operation} answered with a stream.`);
  const value = reply.value.map((record) => present(call, record));
  const answer = { value, nextCursor: reply.nextCursor, meta: reply.meta };
  await finish(hand, "succeeded", { sealedAnswer: sealAnswer(ports.vault, run.id, answer) });
}

/** The events of the operation, which are stored with its outcome. */
async function toldOf(
  { ports }: RunInHand,
  call: OperationCall,
  record: Extract<Reply, { kind: "value" }>["value"],
): Promise<ToldEvent[]> {
  const rules = await wantedEvents(ports, call);
  return planTold(ports, actionEvents(ports, call, rules, record));
}
