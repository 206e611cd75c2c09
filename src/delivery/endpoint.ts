import type { KeyObject } from "node:crypto";
import type { Vault } from "../kernel/vault.ts";
import type { Subscription } from "../model/subscription.ts";
import type { Health } from "./health.ts";
import { secretKey } from "./secrets.ts";

/** A subscription opened for sending. */
export interface Endpoint {
  subscription: Subscription;
  /** When it was last read from the store, ms since the epoch. */
  readAt: number;
  /** Its extra headers, names in lower case. */
  headers: Record<string, string>;
  /** The newest state: outcomes that are being committed count already, so that none of many at once is lost. */
  health: Health;
  /** The keys that sign at `now`, newest first. */
  keys(now: number): KeyObject[];
}

/** Opens a subscription's seals; `vault_key_wrong` when they are not this vault's. */
export function openEndpoint(subscription: Subscription, vault: Vault, now: number): Endpoint {
  const { id, secrets, sealedHeaders } = subscription;
  const opened = secrets.map(({ sealed, until }) => ({ key: secretKey(vault.open(sealed, id)), until }));
  const headers = sealedHeaders === null ? {} : (JSON.parse(vault.open(sealedHeaders, id)) as Record<string, string>);
  return {
    subscription,
    readAt: now,
    headers,
    health: subscription,
    keys: (at) => opened.filter(({ until }) => until === null || until > at).map(({ key }) => key),
  };
}

/** Enough for every subscription that is busy; beyond it the longest unused are opened again. */
const MOST_KEPT = 10_000;

/** Opened subscriptions by id, each until its subscription is changed: `updatedAt` is its version. */
export class Endpoints {
  readonly #vault: Vault;
  readonly #kept = new Map<string, Endpoint>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** The endpoint of a subscription as just read from the store. */
  open(subscription: Subscription, now: number): Endpoint {
    const kept = this.#kept.get(subscription.id);
    if (kept?.subscription.updatedAt === subscription.updatedAt) {
      kept.readAt = now;
      return kept;
    }
    const opened = openEndpoint(subscription, this.#vault, now);
    this.#kept.delete(subscription.id);
    this.#kept.set(subscription.id, opened);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    return opened;
  }

  /** What was last known of a subscription; undefined before its first delivery. */
  peek(id: string): Endpoint | undefined {
    return this.#kept.get(id);
  }
}
