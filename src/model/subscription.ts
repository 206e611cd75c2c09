import type { JsonObject } from "../kernel/json.ts";

/** A secret that signs deliveries. `until` is when a rotated one stops counting, judged at signing; null = current. */
export interface SealedSecret {
  sealed: string;
  until: number | null;
}

export type SubscriptionStatus = "active" | "paused" | "disabled";

/** What a webhook's body holds: the whole event, its ids alone, its payload alone, or the event as a CloudEvent. */
export const DELIVERY_FORMATS = ["standard", "thin", "raw", "cloudevents"] as const;
export type DeliveryFormat = (typeof DELIVERY_FORMATS)[number];

/** Tries that may begin in a second and in a minute; null = no limit of that kind, one of them is a number. */
export interface RateLimit {
  perSecond: number | null;
  perMinute: number | null;
}

/** A try's deadline at most, in ms. */
export const LONGEST_TIMEOUT_MS = 30_000;

/** Who wants to be told what, where. Times are ms since the epoch. */
export interface Subscription {
  id: string;
  owner: string;
  url: string;
  /** Event patterns: `files.created`, `files.*`, `*`. */
  events: string[];
  /** Connection id; null = all that the owner may use. */
  connectionId: string | null;
  /** Connection ids the owning key is bound to; null = all. Kept here so that fan-out needs no key look-up. */
  ownerConnections: readonly string[] | null;
  /** A predicate of the manifest's kind on the event's body; null = every event of those named. */
  filter: JsonObject | null;
  format: DeliveryFormat;
  /** A JSON template of the body, in place of the format's; null = none. */
  template: string | null;
  /** Newest first. */
  secrets: SealedSecret[];
  /** The vault's sealed JSON `{name: value}`; null without extra headers. */
  sealedHeaders: string | null;
  headerNames: string[];
  maxInFlight: number;
  /** How many tries may begin in a time; null = as many as there are. */
  rateLimit: RateLimit | null;
  /** Its events go out one at a time, in the order of their commits: all of them, or those of one value of `orderingKey`. */
  ordered: boolean;
  /** Where in the event that value stands; null = one order for all. */
  orderingKey: (string | number)[] | null;
  timeoutMs: number;
  /** Delays before each try, in ms; null = those of the deployment. */
  retrySchedule: readonly number[] | null;
  status: SubscriptionStatus;
  /** Why it is not active: `paused`, `gone` (410), `failing`, `key_revoked`. */
  reason: string | null;
  /** While in the future, no delivery is tried (a 429 or 503 with Retry-After). */
  holdUntil: number | null;
  /** Start of the present run of failures; null after a success. */
  failingSince: number | null;
  consecutiveFailures: number;
  /** How loudly it was warned of auto-disable: 0, 50, 70 or 90 %. */
  warned: number;
  /** From then on it is as if it were disabled; null = never. */
  expiresAt: number | null;
  description: string | null;
  tags: string[];
  createdAt: number;
  /** When it last went on after it was paused or disabled; null when it never was. */
  resumedAt: number | null;
  /** When it went on the time before that; null when it never did. */
  resumedBefore: number | null;
  updatedAt: number;
}

/** True once its time is over: nothing is told to it or sent any more, whatever its status. */
export function isExpired({ expiresAt }: Pick<Subscription, "expiresAt">, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/**
 * What tells one endpoint from another: how the one fared says nothing about the other. It is another at another URL, once it
 * is disabled, and once it goes on after that or after a pause. The pause itself and any other change leave it the same.
 */
export type EndpointMark = Pick<Subscription, "url" | "status" | "resumedAt">;

export function isSameEndpoint(one: EndpointMark, other: EndpointMark): boolean {
  const isDisabled = (mark: EndpointMark) => mark.status === "disabled";
  return one.url === other.url && isDisabled(one) === isDisabled(other) && one.resumedAt === other.resumedAt;
}

/** `updatedAt` of a change made at `now`: always later than the one before, so that it tells two versions apart. */
export function nextVersion({ updatedAt }: Pick<Subscription, "updatedAt">, now: number): number {
  return Math.max(now, updatedAt + 1);
}
