import type { Context } from "../context.ts";
import { WELL } from "../delivery/health.ts";
import { invalidInput } from "../kernel/errors.ts";
import type { Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "../store/acts.ts";
import { applyChange, patched } from "./apply.ts";
import { checkBody, checkEnd, checkEvents, checkFit } from "./asked.ts";
import type { Wanted } from "./create.ts";
import { sealHeaders } from "./headers.ts";
import { orderOf } from "./order.ts";
import { pingEndpoint } from "./ping.ts";

/** Changes of a subscription; what is not given stays. */
export type Change = Partial<Omit<Wanted, "secret">>;

/** Applies a change and gives the subscription as it then is. With `verify` it must answer a ping first, as it is to be. */
export async function changeSubscription(context: Context, old: Subscription, change: Change): Promise<Subscription> {
  if (change.verify === "ping") await pingEndpoint(context, patched(old, await patchOf(context, old, change)));
  return applyChange(context.ports, old.id, (present) => patchOf(context, present, change));
}

async function patchOf(context: Context, old: Subscription, change: Change): Promise<SubscriptionPatch> {
  const { vault, clock } = context.ports;
  const { expires_at: end } = change;
  return {
    ...changedUrl(context, old, change),
    ...(await changedEvents(context, old, change)),
    ...(change.headers === undefined ? {} : sealHeaders(vault, old.id, change.headers)),
    ...checkBody({
      format: change.format ?? old.format,
      template: change.template === undefined ? old.template : change.template,
    }),
    timeoutMs: change.timeout ?? old.timeoutMs,
    retrySchedule: change.retry_schedule === undefined ? old.retrySchedule : change.retry_schedule,
    maxInFlight: change.max_in_flight ?? old.maxInFlight,
    rateLimit: change.rate_limit === undefined ? old.rateLimit : change.rate_limit,
    ...orderOf(old, change),
    ...(end === undefined ? {} : { expiresAt: checkEnd(end, clock.now()) }),
    description: change.description === undefined ? old.description : change.description,
    tags: change.tags ?? old.tags,
  };
}

/** A new URL is a new endpoint: the failures and the hold of the old one say nothing about it. */
function changedUrl({ ports }: Context, old: Subscription, { url, headers }: Change): SubscriptionPatch {
  if (url === undefined || url === old.url) return {};
  const target = ports.targetPolicy.checkUrl(url);
  // Nobody may have values that are never shown sent to a host of their choice.
  if (old.sealedHeaders !== null && headers === undefined && target.origin !== new URL(old.url).origin) {
    throw invalidInput([
      { at: "headers", message: "the URL leads to another host: give the headers again, or null for none" },
    ]);
  }
  return { url, ...WELL };
}

async function changedEvents(context: Context, old: Subscription, change: Change): Promise<SubscriptionPatch> {
  if (change.events === undefined && change.connection === undefined && change.filter === undefined) return {};
  const asked = {
    events: change.events ?? old.events,
    filter: change.filter === undefined ? old.filter : change.filter,
  };
  const { connection = old.connectionId } = change;
  if (connection !== old.connectionId) return checkEvents(context, { ...asked, connection });
  // The one that it has is not looked for again: it may be another's to use, or have been deleted.
  return checkFit(context, connection === null ? null : await context.ports.store.connections.get(connection), asked);
}
