import type { KeyObject } from "node:crypto";
import type { Vault } from "../kernel/vault.ts";
import { isSameEndpoint, type SealedSecret, type Subscription } from "../model/subscription.ts";
import type { Health } from "./health.ts";
import { Pace } from "./pace.ts";
import { secretKey } from "./secrets.ts";

/** A subscription opened for sending. */
export interface Endpoint {
  subscription: Subscription;
  /** The host that it calls, with its port. */
  host: string;
  /** Its extra headers, names in lower case; null for none. */
  readonly headers: Record<string, string> | null;
  /** The newest state: outcomes that are being committed count already, so that none of many at once is lost. */
  health: Health;
  /** Judgements of it that are being committed: its row in the store lacks them yet. */
  unstored: number;
  /** When its last try began, ms since the epoch. */
  triedAt: number;
  /** Null when its tries may begin at any rate. */
  pace: Pace | null;
  /** The keys that sign at `now`, newest first. */
  keys(now: number): KeyObject[];
}

/** A subscription as an endpoint. Its seals are opened when they are needed; `vault_key_wrong` when they are not this vault's. */
export function openEndpoint(subscription: Subscription, vault: Vault, pace: Pace | null = null): Endpoint {
  const { id, url, secrets, sealedHeaders } = subscription;
  const openSecret = ({ sealed, until }: SealedSecret) => ({ key: secretKey(vault.open(sealed, id)), until });
  let opened: ReturnType<typeof openSecret>[] | undefined;
  let headers: Record<string, string> | undefined;
  return {
    subscription,
    host: new URL(url).host,
    health: subscription,
    unstored: 0,
    triedAt: 0,
    pace,
    get headers() {
      if (sealedHeaders === null) return null;
      headers ??= JSON.parse(vault.open(sealedHeaders, id)) as Record<string, string>;
      return headers;
    },
    keys(at) {
      opened ??= secrets.map(openSecret);
      return opened.filter(({ until }) => until === null || until > at).map(({ key }) => key);
    },
  };
}

/** Enough for every subscription that is busy; beyond it the longest unused are opened again. */
const MOST_KEPT = 10_000;

/** Opened subscriptions by id, each until its subscription is changed: `updatedAt` is its version. */
export class Endpoints {
  readonly #vault: Vault;
  readonly #since: number;
  readonly #kept = new Map<string, Endpoint>();

  /** `since` is when this process began to send, ms since the epoch. */
  constructor(vault: Vault, since: number) {
    this.#vault = vault;
    this.#since = since;
  }

  /** The endpoint of a subscription as just read from the store. */
  open(subscription: Subscription): Endpoint {
    const kept = this.#kept.get(subscription.id);
    if (kept?.subscription.updatedAt === subscription.updatedAt) return kept;
    const opened = openEndpoint(subscription, this.#vault, this.#paceOf(subscription, kept));
    opened.triedAt = kept?.triedAt ?? 0;
    if (kept && kept.unstored > 0 && isSameEndpoint(kept.subscription, subscription)) opened.health = kept.health;
    this.#kept.delete(subscription.id);
    this.#kept.set(subscription.id, opened);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    return opened;
  }

  /** What was last known of a subscription; undefined before its first delivery. */
  peek(id: string): Endpoint | undefined {
    return this.#kept.get(id);
  }

  /** A change of anything else leaves it as it is. Of a subscription that is older than this process, others may have begun before. */
  #paceOf({ rateLimit, createdAt }: Subscription, kept: Endpoint | undefined): Pace | null {
    if (rateLimit === null) return null;
    const before = kept?.pace ?? null;
    if (before && JSON.stringify(kept?.subscription.rateLimit) === JSON.stringify(rateLimit)) return before;
    return new Pace(rateLimit, createdAt >= this.#since ? null : this.#since, before);
  }
}
