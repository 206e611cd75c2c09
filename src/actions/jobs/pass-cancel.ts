import { actorOf } from "../../access/authenticate.ts";
import { engineDeps } from "../../connections/engine-deps.ts";
import type { OperationCall } from "../../engine/call.ts";
import { execute } from "../../engine/execute.ts";
import { TidewireError } from "../../kernel/errors.ts";
import type { AsyncRule } from "../../manifest/async-rule.ts";
import { begin, goOn, type RunInHand } from "./in-hand.ts";
import { mayPass } from "./judge.ts";
import { keyedCall } from "./keyed-call.ts";
import { isRepeatable } from "./next-step.ts";
import { tryLater } from "./read-again.ts";

/** Asks the provider to end what the run began. Whatever it says, the end itself is awaited as before, beginning with a look now. */
export async function passCancel(hand: RunInHand, rule: AsyncRule): Promise<void> {
  const { ports, run, signal } = hand;
  let call: OperationCall;
  try {
    call = await keyedCall(ports, await actorOf(ports, run.owner), run, "cancel", signal);
  } catch (thrown) {
    return tryLater(hand, rule, null, thrown);
  }
  // It was sent by a worker that died.
  if (run.underWay === "cancel" && !isRepeatable(call.operation)) return lookNow(hand, "refused");
  const begun = await begin(hand, "cancel");
  if (begun !== null) await ask(begun, rule, call);
}

async function ask(hand: RunInHand, rule: AsyncRule, call: OperationCall): Promise<void> {
  try {
    await execute(engineDeps(hand.ports), call);
  } catch (thrown) {
    const isOurs = hand.signal.aborted || !(thrown instanceof TidewireError);
    const isOver = !isOurs && (!mayPass(thrown, call.operation, hand.run.missing) || !isRepeatable(call.operation));
    return isOver ? lookNow(hand, "refused") : tryLater(hand, rule, call, thrown);
  }
  await lookNow(hand, "accepted");
}

function lookNow(hand: RunInHand, cancel: "accepted" | "refused"): Promise<void> {
  return goOn(hand, { cancel, failures: 0, missing: 0 }, hand.ports.clock.now());
}
