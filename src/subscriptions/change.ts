import type { Context } from "../context.ts";
import { WELL } from "../delivery/health.ts";
import { invalidInput } from "../kernel/errors.ts";
import type { Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "../store/contract.ts";
import { applyPatch } from "./apply.ts";
import type { Wanted } from "./create.ts";
import { findConnection, typesOf } from "./find.ts";
import { sealHeaders } from "./headers.ts";
import { orderOf } from "./order.ts";
import { checkPatterns } from "./patterns.ts";

/** Changes of a subscription; what is not given stays. */
export type Change = Partial<Omit<Wanted, "secret">>;

/** Applies a change and gives the subscription as it then is. */
export async function changeSubscription(context: Context, old: Subscription, change: Change): Promise<Subscription> {
  const { ports } = context;
  return applyPatch(ports, old, {
    ...changedUrl(context, old, change),
    ...(await changedEvents(context, old, change)),
    ...(change.headers === undefined ? {} : sealHeaders(ports.vault, old.id, change.headers)),
    format: change.format ?? old.format,
    timeoutMs: change.timeout ?? old.timeoutMs,
    retrySchedule: change.retry_schedule === undefined ? old.retrySchedule : change.retry_schedule,
    maxInFlight: change.max_in_flight ?? old.maxInFlight,
    rateLimit: change.rate_limit === undefined ? old.rateLimit : change.rate_limit,
    ...orderOf(old, change),
    description: change.description === undefined ? old.description : change.description,
    tags: change.tags ?? old.tags,
  });
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
  if (change.events === undefined && change.connection === undefined) return {};
  const events = change.events ?? old.events;
  const ref = change.connection === undefined ? old.connectionId : change.connection;
  const connection = await findConnection(context, ref, events);
  return { events: checkPatterns(events, typesOf(context, connection)), connectionId: connection?.id ?? null };
}
