import type { Context } from "../context.ts";
import { WELL } from "../delivery/health.ts";
import { newSecret, secretKey } from "../delivery/secrets.ts";
import { invalidInput } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { oneAtATime } from "../kernel/one-at-a-time.ts";
import type { Selector } from "../manifest/select.ts";
import { type DeliveryFormat, isExpired, type RateLimit, type Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "../store/acts.ts";
import { applyChange, patched } from "./apply.ts";
import { type Asked, checkBody, checkEnd, checkEvents, isSame } from "./asked.ts";
import { sealHeaders } from "./headers.ts";
import { orderOf } from "./order.ts";
import { keyMustHold } from "./owner.ts";
import { pingEndpoint } from "./ping.ts";
import { resumption } from "./resumption.ts";
import { putSecret } from "./rotate.ts";

/** What a new subscription asks for; what is not given has its default. */
export interface Wanted {
  url: string | undefined;
  events: string[];
  /** A name or an id; null = all that the key may use. */
  connection?: string | null | undefined;
  secret?: string | undefined;
  headers?: Record<string, string> | null | undefined;
  filter?: JsonObject | null | undefined;
  format?: DeliveryFormat | undefined;
  template?: string | null | undefined;
  /** `ping`: the URL must answer one before anything is stored. */
  verify?: "none" | "ping" | undefined;
  /** ms. */
  timeout?: number | undefined;
  /** ms, before each try; null = the deployment's. */
  retry_schedule?: readonly number[] | null | undefined;
  max_in_flight?: number | undefined;
  rate_limit?: RateLimit | null | undefined;
  ordered?: boolean | undefined;
  /** Where in the event the value stands whose order is kept. */
  ordering_key?: Selector | null | undefined;
  /** ms since the epoch. */
  expires_at?: number | null | undefined;
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
 * Makes a subscription, or gives the one by which the same owner asks for the same already: platforms post again at each edit.
 * With `verify` the URL must answer a ping first.
 */
export async function createSubscription(context: Context, wanted: Wanted): Promise<Created> {
  const { ports, actor } = context;
  const asked = await checkAsked(context, wanted);
  const secret = wanted.secret ?? newSecret();
  secretKey(secret);
  const made = draft(context, wanted, asked, secret);
  const find = async () =>
    (await ports.store.subscriptions.all()).find((one) => one.owner === actor.keyId && isSame(one, asked));
  if (wanted.verify === "ping") {
    const before = await find();
    await pingEndpoint(context, before ? patched(before, askedAgain(context, before, wanted)) : made);
  }
  const created = await oneAtATime(ports.store, `${actor.keyId} ${asked.url}`, null, async () => {
    const existing = await find(); // a ping takes time, and another may have been first
    if (existing) {
      return {
        subscription: await applyChange(ports, existing.id, (it) => askedAgain(context, it, wanted)),
        secret: null,
      };
    }
    await ports.store.subscriptions.create(made);
    return { subscription: made, secret };
  });
  await keyMustHold(ports, created.subscription, actor.connections);
  if (created.secret === null) ports.jobs.wake("deliver", created.subscription.id); // what held it up may be over
  return created;
}

async function checkAsked(context: Context, wanted: Wanted): Promise<Asked> {
  const { url, events, connection, filter = null, format = "standard", template = null } = wanted;
  if (url === undefined) throw invalidInput([{ at: "url", message: "give the URL to send the webhooks to" }]);
  context.ports.targetPolicy.checkUrl(url);
  return { url, ...(await checkEvents(context, { events, connection, filter })), ...checkBody({ format, template }) };
}

/**
 * What changes when one that is there is asked for again: it wakes if it was disabled or its time was over, an end that is given
 * counts, and a secret that was brought signs from now on.
 */
function askedAgain({ ports, actor }: Context, existing: Subscription, wanted: Wanted): SubscriptionPatch {
  const now = ports.clock.now();
  const woken = { ...WELL, ...resumption(existing, now), ownerConnections: actor.connections };
  const end = wanted.expires_at ?? (isExpired(existing, now) ? null : existing.expiresAt);
  return {
    ...(existing.status === "disabled" ? woken : {}),
    ...(end === existing.expiresAt ? {} : { expiresAt: checkEnd(end, now) }),
    ...(wanted.secret === undefined ? {} : putSecret(ports.vault, existing, wanted.secret, now, null)),
  };
}

function draft({ ports, actor }: Context, wanted: Wanted, asked: Asked, secret: string): Subscription {
  const id = ports.newId("sub");
  const now = ports.clock.now();
  return {
    id,
    owner: actor.keyId,
    ...asked,
    ownerConnections: actor.connections,
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
    expiresAt: checkEnd(wanted.expires_at ?? null, now),
    description: wanted.description ?? null,
    tags: wanted.tags ?? [],
    createdAt: now,
    resumedAt: null,
    resumedBefore: null,
    updatedAt: now,
  };
}
