import type { Context } from "../context.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import type { Subscription } from "../model/subscription.ts";
import { pendingBaselines } from "./baselines.ts";
import type { Created } from "./create.ts";
import { SUBSCRIPTION_SCHEMA, subscriptionView } from "./view.ts";

type Stores = Pick<Context, "ports">;

/** One subscription as it is shown. */
export async function answerOf({ ports }: Stores, subscription: Subscription): Promise<JsonObject> {
  const { connectionId } = subscription;
  const connection = connectionId === null ? null : await ports.store.connections.get(connectionId);
  return subscriptionView(subscription, connection ? [connection] : [], ports.clock.now());
}

const TEXT: JsonSchema = { type: "string" };

/** As its maker is told of it. */
export const CREATED_SCHEMA: JsonSchema = {
  ...SUBSCRIPTION_SCHEMA,
  properties: {
    ...(SUBSCRIPTION_SCHEMA.properties as JsonObject),
    secret: { type: "string", description: "Signs what is sent to it; shown this once." },
    existing: { const: true, description: "It was there before: its secret is not shown again." },
    pending_baselines: {
      type: "array",
      description: "Pollers that have not seen their list yet: they tell changes from their first look on.",
      items: {
        type: "object",
        properties: { id: TEXT, connector: TEXT, connection: TEXT, resource: TEXT, name: TEXT },
      },
    },
  },
};

/** What the maker of a subscription is told: with the secret this once, or that it was there before. */
export async function answerToCreate(context: Stores, { subscription, secret }: Created): Promise<JsonObject> {
  return {
    ...(await answerOf(context, subscription)),
    ...(secret === null ? { existing: true } : { secret }),
    pending_baselines: await pendingBaselines(context.ports, subscription),
  };
}
