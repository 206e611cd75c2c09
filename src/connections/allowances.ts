import type { Ports } from "../context.ts";
import { type Allowance, allowanceOf, countedAllowance, waitFor } from "../engine/allowance.ts";
import type { Asked, EngineDeps } from "../engine/call.ts";
import type { RateLimit } from "../manifest/connector.ts";
import { parseRetryAfter } from "../net/retry.ts";
import type { Store } from "../store/contract.ts";

type Noted = Map<RateLimit, Allowance>;

/** What each account's last answers said, by connection and credential: its limits are its own. In memory: the next answer says it anew. */
const notedIn = new WeakMap<Store, Map<string, Noted>>();

/** A provider that answers 429 has nothing left, whichever limit it means. */
const REFUSED: RateLimit = { reserve: 1, requests: 1, perMs: 1 };

/** Keeps count of what an account has left, by the answers that it gets. */
export function noteAnswer({ store, clock }: Pick<Ports, "store" | "clock">): NonNullable<EngineDeps["onAnswer"]> {
  return (call, { status, headers }) => {
    const { rateLimits } = call.connector;
    const retryAfterMs = status === 429 ? parseRetryAfter(headers, clock.now()) : null;
    if (rateLimits.length === 0 && retryAfterMs === null) return;
    const now = clock.now();
    const noted = notedOf(store, call);
    for (const rule of rateLimits) {
      const allowance =
        "headers" in rule ? allowanceOf(rule, headers, now) : countedAllowance(rule, noted.get(rule), now);
      if (allowance) noted.set(rule, allowance);
    }
    if (retryAfterMs !== null)
      noted.set(REFUSED, { limit: 1, remaining: 0, resetAt: now + retryAfterMs, notedAt: now });
  };
}

/** Until when sweeps leave an account's provider to its callers, ms since the epoch; null when there is room for them. */
export function roomAt({ store, clock }: Pick<Ports, "store" | "clock">, asked: Asked): number | null {
  const now = clock.now();
  let until: number | null = null;
  for (const [rule, allowance] of notedOf(store, asked)) {
    const wait = waitFor(rule, allowance, now);
    if (wait !== null) until = Math.max(until ?? 0, wait);
  }
  return until;
}

function notedOf(store: Store, { account, operation }: Asked): Noted {
  const all = notedIn.get(store) ?? new Map<string, Noted>();
  notedIn.set(store, all);
  const key = `${account.connectionId} ${operation.auth}`;
  const noted = all.get(key) ?? new Map<RateLimit, Allowance>();
  all.set(key, noted);
  return noted;
}
