import { z } from "zod";
import { command } from "../command.ts";
import type { Context } from "../context.ts";
import { WELL } from "../delivery/health.ts";
import { isoTime } from "../kernel/clock.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { hasScope } from "../model/actor.ts";
import { isExpired, type Subscription } from "../model/subscription.ts";
import { answerOf } from "./answer.ts";
import { applyPatch } from "./apply.ts";
import { mustGet } from "./find.ts";
import { SUBSCRIPTION_SCHEMA } from "./view.ts";

/** `POST /v1/subscriptions/{id}/resume`. */
export const resume = command({
  name: "subscriptions.resume",
  summary:
    "Let a paused or disabled subscription go on; tells how many deliveries it missed, and how to have them sent.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/subscriptions/:id/resume" },
  input: z.strictObject({ id: z.string() }),
  output: {
    type: "object",
    properties: {
      ...(SUBSCRIPTION_SCHEMA.properties as JsonObject),
      missed: { type: "integer", description: "Deliveries that were skipped since it last went on." },
      replay: {
        type: ["object", "null"],
        description: "The call that has them sent: its method, path and body; null when nothing was missed.",
      },
    },
  },
  async run(context, { id }) {
    const { store, jobs, clock } = context.ports;
    const subscription = await mustGet(context, id);
    if (isExpired(subscription, clock.now())) throw isOver(id);
    const ownerConnections = await ownersConnections(context, subscription);
    const resumed = await applyPatch(context.ports, subscription, {
      ...WELL,
      status: "active",
      reason: null,
      resumedAt: clock.now(),
      ownerConnections,
    });
    jobs.wake("deliver", id);
    const missed = await store.deliveries.missed(id, subscription.resumedAt ?? subscription.createdAt);
    return { kind: "value", value: { ...(await answerOf(context, resumed)), ...missedView(id, missed) } };
  },
});

function missedView(id: string, { count, first }: { count: number; first: number | null }): JsonObject {
  if (first === null) return { missed: 0, replay: null };
  const body = { status: "skipped", since: isoTime(first) };
  return { missed: count, replay: { method: "POST", path: `/v1/subscriptions/${id}/replay`, body } };
}

function isOver(id: string): TidewireError {
  return new TidewireError(
    "conflict",
    `The subscription "${id}" has expired; give it a later expires_at, or null for no end.`,
  );
}

/** What the owning key may see today. Throws `conflict` when it may have no subscriptions any more. The root key is not stored. */
async function ownersConnections({ ports }: Context, { owner }: Subscription): Promise<readonly string[] | null> {
  const key = await ports.store.keys.get(owner);
  if (key === null) return null;
  if (key.revokedAt === null && hasScope(key, "subscriptions")) return key.connections;
  throw new TidewireError(
    "conflict",
    "The key that made this subscription was revoked or narrowed; make it anew with another.",
  );
}
