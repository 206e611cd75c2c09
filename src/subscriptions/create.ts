import type { Context } from "../context.ts";
import { WELL } from "../delivery/health.ts";
import { newSecret, secretKey } from "../delivery/secrets.ts";
import { invalidInput, TidewireError } from "../kernel/errors.ts";
import type { Selector } from "../manifest/select.ts";
import { hasScope } from "../model/actor.ts";
import type { DeliveryFormat, RateLimit, Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "../store/contract.ts";
import { applyPatch } from "./apply.ts";
import { findConnection, typesOf } from "./find.ts";
import { sealHeaders } from "./headers.ts";
import { orderOf } from "./order.ts";
import { checkPatterns } from "./patterns.ts";
import { putSecret } from "./rotate.ts";

/** What a new subscription asks for; what is not given has its default. */
export interface Wanted {
  url: string | undefined;
  events: string[];
  /** A name or an id; null = all that the key may use. */
  connection?: string | null | undefined;
  secret?: string | undefined;
  headers?: Record<string, string> | null | undefined;
  format?: DeliveryFormat | undefined;
  /** ms. */
  timeout?: number | undefined;
  /** ms, before each try; null = the deployment's. */
  retry_schedule?: readonly number[] | null | undefined;
  max_in_flight?: number | undefined;
  rate_limit?: RateLimit | null | undefined;
  ordered?: boolean | undefined;
  /** Where in the event the value stands whose order is kept. */
  ordering_key?: Selector | null | undefined;
  description?: string | null | undefined;
  tags?: string[] | undefined;
}

export interface Created {
  subscription: Subscription;
  /** Shown this once; null when the subscription was there before. */
  secret: string | null;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_IN_FLIGHT = 10;
const UNORDERED = { ordered: false, orderingKey: null };

/**
 * Makes a subscription, or gives the one that the same owner has for the same URL, events, connection and format: platforms
 * post again at each edit.
 */
export async function createSubscription(context: Context, wanted: Wanted): Promise<Created> {
  const { ports, actor } = context;
  const asked = await checkAsked(context, wanted);
  const secret = wanted.secret ?? newSecret();
  secretKey(secret);
  const all = await ports.store.subscriptions.all();
  const existing = all.find((one) => one.owner === actor.keyId && isSame(one, asked));
  if (existing) {
    const subscription = await askedAgain(context, existing, wanted.secret);
    await keyMustHold(context, subscription);
    return { subscription, secret: null };
  }
  const subscription = draft(context, wanted, asked, secret);
  await ports.store.subscriptions.create(subscription);
  await keyMustHold(context, subscription);
  return { subscription, secret };
}

/** A key that was revoked or narrowed meanwhile took along what was stored then, and this was not. The root key is not stored. */
async function keyMustHold({ ports, actor }: Context, subscription: Subscription): Promise<void> {
  const key = await ports.store.keys.get(actor.keyId);
  if (key === null) return;
  const isBoundAsBefore = String(key.connections) === String(actor.connections);
  if (key.revokedAt === null && hasScope(key, "subscriptions") && isBoundAsBefore) return;
  await applyPatch(ports, subscription, { status: "disabled", reason: "key_revoked" });
  throw new TidewireError("forbidden", "The key was revoked or narrowed while it subscribed.");
}

/** What makes two subscriptions of one owner the same. */
type Asked = Pick<Subscription, "url" | "events" | "connectionId" | "format">;

async function checkAsked(context: Context, { url, events, connection: ref, format }: Wanted): Promise<Asked> {
  if (url === undefined) throw invalidInput([{ at: "url", message: "give the URL to send the webhooks to" }]);
  context.ports.targetPolicy.checkUrl(url);
  const connection = await findConnection(context, ref, events);
  const patterns = checkPatterns(events, typesOf(context, connection));
  return { url, events: patterns, connectionId: connection?.id ?? null, format: format ?? "standard" };
}

function isSame(one: Asked, other: Asked): boolean {
  const sameEvents = one.events.length === other.events.length && one.events.every((e) => other.events.includes(e));
  return sameEvents && one.url === other.url && one.connectionId === other.connectionId && one.format === other.format;
}

/** Wakes one that was disabled, since it is wanted again, and lets a secret that was brought sign from now on. */
async function askedAgain(context: Context, existing: Subscription, secret: string | undefined): Promise<Subscription> {
  const { ports, actor } = context;
  const woken = { ...WELL, status: "active", reason: null, ownerConnections: actor.connections } as const;
  const patch: SubscriptionPatch = {
    ...(existing.status === "disabled" ? woken : {}),
    ...(secret === undefined ? {} : putSecret(ports.vault, existing, secret, ports.clock.now())),
  };
  return applyPatch(ports, existing, patch);
}

function draft({ ports, actor }: Context, wanted: Wanted, asked: Asked, secret: string): Subscription {
  const id = ports.newId("sub");
  const now = ports.clock.now();
  return {
    id,
    owner: actor.keyId,
    ...asked,
    ownerConnections: actor.connections,
    filter: null,
    template: null,
    expiresAt: null,
    secrets: [{ sealed: ports.vault.seal(secret, id), until: null }],
    ...sealHeaders(ports.vault, id, wanted.headers ?? null),
    maxInFlight: wanted.max_in_flight ?? DEFAULT_IN_FLIGHT,
    rateLimit: wanted.rate_limit ?? null,
    ...orderOf(UNORDERED, wanted),
    timeoutMs: wanted.timeout ?? DEFAULT_TIMEOUT_MS,
    retrySchedule: wanted.retry_schedule ?? null,
    status: "active",
    reason: null,
    ...WELL,
    description: wanted.description ?? null,
    tags: wanted.tags ?? [],
    createdAt: now,
    updatedAt: now,
  };
}
