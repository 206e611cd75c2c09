import type { Context } from "../context.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Subscription } from "../model/subscription.ts";
import { pendingBaselines } from "./baselines.ts";
import type { Created } from "./create.ts";
import { subscriptionView } from "./view.ts";

type Stores = Pick<Context, "ports">;

/** One subscription as it is shown. */
export async function answerOf({ ports }: Stores, subscription: Subscription): Promise<JsonObject> {
  const { connectionId } = subscription;
  const connection = connectionId === null ? null : await ports.store.connections.get(connectionId);
  return subscriptionView(subscription, connection ? [connection] : [], ports.clock.now());
}

/** What the maker of a subscription is told: with the secret this once, or that it was there before. */
export async function answerToCreate(context: Stores, { subscription, secret }: Created): Promise<JsonObject> {
  return {
    ...(await answerOf(context, subscription)),
    ...(secret === null ? { existing: true } : { secret }),
    pending_baselines: await pendingBaselines(context.ports, subscription),
  };
}
