import { z } from "zod";
import { command } from "../../command.ts";
import type { Context } from "../../context.ts";
import { mayHear } from "../../events/audience.ts";
import { CHUNK, isFor, maySee } from "../../events/fan-out.ts";
import { notFound, TidewireError } from "../../kernel/errors.ts";
import { mayTouch } from "../../model/actor.ts";
import type { StoredEvent } from "../../model/event.ts";
import { isExpired, type Subscription } from "../../model/subscription.ts";
import { DELIVERY_SCHEMA, deliveryViews } from "../view.ts";
import { planResend } from "./resend.ts";
import { mustTake } from "./taker.ts";

/** `POST /v1/events/{id}/replay`. */
export const replayEvent = command({
  name: "events.replay",
  summary: "Send an event again: to one subscription, or to all of yours that ask for it now, whatever became of it.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/events/:id/replay" },
  input: z.strictObject({
    id: z.string(),
    subscription: z.string().optional().describe("A subscription's id; all that match unless said."),
  }),
  output: {
    type: "object",
    properties: {
      event: { type: "string", description: "The event's id, which is the webhook-id again." },
      deliveries: { type: "array", items: DELIVERY_SCHEMA },
    },
  },
  async run(context, { id, subscription }) {
    const { ports, actor } = context;
    const event = await ports.store.events.get(id);
    if (!event || !maySee({ ownerConnections: actor.connections }, event)) throw notFound("event", id);
    const takers =
      subscription === undefined ? await takersOf(context, event) : [await takerOf(context, event, subscription)];
    const deliveries = [];
    for (let from = 0; from < takers.length; from += CHUNK)
      deliveries.push(...(await sendTo(context, event, takers.slice(from, from + CHUNK))));
    return { kind: "value", value: { event: id, deliveries: await deliveryViews(ports.store, deliveries) } };
  },
});

/** Every active subscription of the caller's that asks for the event now. */
async function takersOf({ ports, actor }: Context, event: StoredEvent): Promise<Subscription[]> {
  const all = await ports.store.subscriptions.all();
  const now = ports.clock.now();
  return all.filter(
    (one) => one.status === "active" && !isExpired(one, now) && mayTouch(actor, one.owner) && asksFor(one, event, all),
  );
}

async function takerOf({ ports, actor }: Context, event: StoredEvent, id: string): Promise<Subscription> {
  const subscription = await ports.store.subscriptions.get(id);
  if (!subscription || !mayTouch(actor, subscription.owner)) throw notFound("subscription", id);
  if (asksFor(subscription, event, await ports.store.subscriptions.all()))
    return mustTake(subscription, ports.clock.now());
  throw new TidewireError("conflict", `The subscription "${id}" does not ask for "${event.id}" (${event.type}).`);
}

function asksFor(subscription: Subscription, event: StoredEvent, all: readonly Subscription[]): boolean {
  return isFor(subscription, event) && mayHear(subscription, event, all);
}

/** The deliveries as they are then; one that is pending is on its way already and left alone. */
async function sendTo({ ports }: Context, event: StoredEvent, takers: readonly Subscription[]) {
  const { store, clock, newId } = ports;
  const now = clock.now();
  const found = await Promise.all(
    takers.map(async (subscription) => {
      const delivery = (await store.deliveries.ofEvents(subscription.id, [event.id])).get(event.id) ?? null;
      return { subscription, delivery };
    }),
  );
  const resends = found
    .filter(({ delivery }) => delivery?.status !== "pending")
    .map(({ subscription, delivery }) => planResend({ event, delivery }, subscription, { dueAt: now, now, newId }));
  await store.deliveries.resend(resends);
  const pending = found.flatMap(({ delivery }) => (delivery?.status === "pending" ? [delivery] : []));
  return [...pending, ...resends.map(({ delivery }) => delivery)];
}
