import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import type { Context } from "../context.ts";
import { mayStillHear } from "../events/audience.ts";
import { instant, TYPES_INPUT } from "../events/inputs.ts";
import { notFound, TidewireError } from "../kernel/errors.ts";
import { clampLimit } from "../kernel/page.ts";
import { visibleOwner } from "../model/actor.ts";
import { DELIVERY_STATUSES, type Delivery } from "../model/delivery.ts";
import { replayEvent } from "./replay/event.ts";
import { mustTake } from "./replay/taker.ts";
import { attemptView, DELIVERY_SCHEMA, DELIVERY_WITH_ATTEMPTS_SCHEMA, deliveryView, deliveryViews } from "./view.ts";

const byId = z.strictObject({ id: z.string() });

const list = command({
  name: "deliveries.list",
  summary: "List deliveries, newest first, by status, subscription, event, type or time.",
  scope: "subscriptions",
  http: { method: "GET", path: "/v1/deliveries" },
  input: z.strictObject({
    status: z.enum(DELIVERY_STATUSES).optional(),
    subscription: z.string().optional().describe("A subscription's id."),
    event: z.string().optional().describe("An event's id."),
    type: TYPES_INPUT.refine((types) => !types.some((type) => type.includes("/")), {
      error: "a delivery knows its type without the connector: write files.created or files.*",
    }),
    since: instant.optional().describe("Made at or after this time (ISO 8601)."),
    until: instant.optional().describe("Made before this time (ISO 8601)."),
    ...PAGE_INPUT,
  }),
  output: DELIVERY_SCHEMA,
  async run({ ports, actor }, { limit, subscription, event, type: types, ...filter }) {
    const page = await ports.store.deliveries.list({
      ...filter,
      types,
      subscriptionId: subscription,
      eventId: event,
      owner: visibleOwner(actor),
      limit: clampLimit(limit),
    });
    return { kind: "list", value: await deliveryViews(ports.store, page.items), nextCursor: page.nextCursor };
  },
});

const get = command({
  name: "deliveries.get",
  summary: "Read a delivery with every try that was made.",
  scope: "subscriptions",
  http: { method: "GET", path: "/v1/deliveries/:id" },
  input: byId,
  output: DELIVERY_WITH_ATTEMPTS_SCHEMA,
  async run(context, { id }) {
    const { store } = context.ports;
    const [view] = await deliveryViews(store, [await mustGet(context, id)]);
    const attempts = await store.deliveries.attempts(id);
    return { kind: "value", value: { ...view, attempts: attempts.map(attemptView) } };
  },
});

const retry = command({
  name: "deliveries.retry",
  summary: "Try a delivery again now, whatever became of it.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/deliveries/:id/retry" },
  input: byId,
  output: DELIVERY_SCHEMA,
  async run(context, { id }) {
    const { store, clock } = context.ports;
    const delivery = await mustGet(context, id);
    const now = clock.now();
    const subscription = mustTake(await store.subscriptions.get(delivery.subscriptionId), now);
    const event = await store.events.get(delivery.eventId);
    if (event && !mayStillHear(subscription, event, await store.subscriptions.all()))
      throw new TidewireError("conflict", "It tells of this very endpoint, which is told to others only.");
    return { kind: "value", value: deliveryView(await store.deliveries.retry(delivery, now)) };
  },
});

const cancel = command({
  name: "deliveries.cancel",
  summary: "Cancel a pending delivery; one that is not pending stays as it is.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/deliveries/:id/cancel" },
  input: byId,
  output: DELIVERY_SCHEMA,
  async run(context, { id }) {
    await mustGet(context, id);
    const cancelled = await context.ports.store.deliveries.cancel(id, context.ports.clock.now());
    if (!cancelled) throw notFound("delivery", id);
    return { kind: "value", value: deliveryView(cancelled) };
  },
});

async function mustGet({ ports, actor }: Context, id: string): Promise<Delivery> {
  const delivery = await ports.store.deliveries.get(id, visibleOwner(actor));
  if (!delivery) throw notFound("delivery", id);
  return delivery;
}

export const commands: Command[] = [list, get, retry, cancel, replayEvent];
