import { z } from "zod";
import { command } from "../command.ts";
import { WELL } from "../delivery/health.ts";
import { isoTime } from "../kernel/clock.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isExpired } from "../model/subscription.ts";
import type { Missed } from "../store/delivery-store.ts";
import { answerOf } from "./answer.ts";
import { applyChange } from "./apply.ts";
import { mustGet } from "./find.ts";
import { keyMustHold, ownersConnections } from "./owner.ts";
import { MOST_REPLAYED } from "./replay.ts";
import { resumption } from "./resumption.ts";
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
      missed: {
        type: "integer",
        description:
          "Deliveries that were skipped since it went on the time before; when a failure disabled it, also all that failed of what was made since the first. What was sent since is not among them.",
      },
      replay: {
        type: ["object", "null"],
        description: "The call that has them sent: its method, path and body; null when nothing was missed.",
      },
    },
  },
  async run(context, { id }) {
    const { ports } = context;
    await mustGet(context, id);
    const resumed = await applyChange(ports, id, async (present) => {
      if (isExpired(present, ports.clock.now())) throw isOver(id);
      const ownerConnections = await ownersConnections(ports, present);
      return { ...WELL, ...resumption(present, ports.clock.now()), ownerConnections };
    });
    await keyMustHold(ports, resumed, resumed.ownerConnections);
    ports.jobs.wake("deliver", id);
    const missed = await ports.store.deliveries.missed(id, resumed.resumedBefore ?? resumed.createdAt);
    return { kind: "value", value: { ...(await answerOf(context, resumed)), ...missedView(id, missed) } };
  },
});

function missedView(id: string, missed: Missed | null): JsonObject {
  if (missed === null) return { missed: 0, replay: null };
  const { count, statuses, first } = missed;
  const [only = null, another] = statuses;
  const body = {
    status: another === undefined ? only : statuses,
    since: isoTime(first),
    limit: Math.min(count, MOST_REPLAYED),
  };
  return { missed: count, replay: { method: "POST", path: `/v1/subscriptions/${id}/replay`, body } };
}

function isOver(id: string): TidewireError {
  return new TidewireError(
    "conflict",
    `The subscription "${id}" has expired; give it a later expires_at, or null for no end.`,
  );
}
