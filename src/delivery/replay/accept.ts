import type { Context } from "../../context.ts";
import { NO_CONNECTION } from "../../events/fan-out.ts";
import { OPERATIONAL_CONNECTOR } from "../../events/operational.ts";
import { newRun } from "../../model/async-run.ts";
import type { Replay, ReplayRequest } from "../../model/replay.ts";
import type { Reply } from "../../model/reply.ts";
import { runPath, runView } from "../../model/run-view.ts";
import type { Subscription } from "../../model/subscription.ts";
import { startOf } from "./look.ts";
import { mustTake } from "./taker.ts";

/** Takes a replay to be done in the background, and answers at once with the job that will. Throws `conflict` for a subscription that is not active. */
export async function acceptReplay(
  { ports, actor }: Context,
  subscription: Subscription,
  request: Omit<ReplayRequest, "subscriptionId">,
): Promise<Reply> {
  const { store, clock, newId } = ports;
  const now = clock.now();
  mustTake(subscription, now);
  const { id: subscriptionId, connectionId } = subscription;
  const connection = connectionId === null ? null : await store.connections.get(connectionId);
  const replay: Replay = {
    ...request,
    subscriptionId,
    ...startOf(request),
    step: "count",
    total: 0,
    done: 0,
    capped: false,
  };
  const run = newRun(
    {
      id: newId("job"),
      owner: actor.keyId,
      scope: "subscriptions",
      connector: OPERATIONAL_CONNECTOR,
      operation: "subscriptions.replay",
      connectionId: connectionId ?? NO_CONNECTION,
      connection: connection?.name ?? "",
      fields: "selected",
      replay,
      sealedRequest: null,
    },
    now,
  );
  await store.runs.create(run);
  return { kind: "value", value: runView(run), headers: { location: runPath(run) }, status: 202 };
}
