import { actorOf } from "../../access/authenticate.ts";
import { engineDeps } from "../../connections/engine-deps.ts";
import type { OperationCall } from "../../engine/call.ts";
import { execute } from "../../engine/execute.ts";
import { TidewireError } from "../../kernel/errors.ts";
import type { AsyncRule } from "../../manifest/async-rule.ts";
import type { Reply } from "../../model/reply.ts";
import { follow } from "./follow.ts";
import { fail, goOn, type RunInHand } from "./in-hand.ts";
import { isOverdue, mayPass, nextTry, saysMissing } from "./judge.ts";
import { keyedCall } from "./keyed-call.ts";

/** Looks how far the provider is. A read does no harm: one that failed, or that nobody knows the end of, is made again. */
export async function readAgain(hand: RunInHand, rule: AsyncRule): Promise<void> {
  const { ports, run, signal } = hand;
  let call: OperationCall | null = null;
  try {
    call = await keyedCall(ports, await actorOf(ports, run.owner), run, "read", signal);
    await follow(hand, rule, call, await recordOf(hand, call));
  } catch (thrown) {
    await tryLater(hand, rule, call, thrown);
  }
}

async function recordOf({ ports }: RunInHand, call: OperationCall): Promise<Extract<Reply, { kind: "value" }>> {
  const reply = await execute(engineDeps(ports), { ...call, fields: "raw" });
  if (reply.kind === "value") return reply;
  throw new TidewireError(
    "manifest_invalid",
    `${call.operation.id} does not read one record, so nothing can be awaited by it.`,
  );
}

/**
 * What to do after a call on the record that failed, null when it could not even be made: it is tried again while there is
 * hope; trouble of our own is thrown.
 */
export async function tryLater(
  hand: RunInHand,
  rule: AsyncRule,
  call: OperationCall | null,
  thrown: unknown,
): Promise<void> {
  const { ports, run, signal } = hand;
  if (signal.aborted || !(thrown instanceof TidewireError)) throw thrown;
  const now = ports.clock.now();
  const since = run.answeredAt ?? now;
  if (!mayPass(thrown, call?.operation, run.missing) || isOverdue(rule, since, now)) return fail(hand, thrown);
  const failures = run.failures + 1;
  const missing = call && saysMissing(thrown, call.operation) ? run.missing + 1 : 0;
  await goOn(hand, { failures, missing }, nextTry(rule, since, now, failures, thrown.retryAfterMs));
}
