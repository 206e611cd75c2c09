import type { Ports } from "../context.ts";
import { type Allowance, allowanceOf, countedAllowance, waitFor } from "../engine/allowance.ts";
import type { Asked, EngineDeps } from "../engine/call.ts";
import { oncePer } from "../engine/once-per.ts";
import type { RateLimit } from "../manifest/connector.ts";
import { parseRetryAfter } from "../net/retry.ts";
import type { Store } from "../store/contract.ts";

/** The head of an answer that spoke of a limit: read when a sweep asks, which is far seldomer than answers come. */
interface Said {
  headers: Readonly<Record<string, string>>;
  /** ms since the epoch. */
  at: number;
}

interface Noted {
  said: Map<RateLimit, Said>;
  known: Map<RateLimit, Allowance>;
}

/** What each account's last answers said, by connection and credential: its limits are its own. In memory: the next answer says it anew. */
const notedIn = oncePer<Store, Map<string, Noted>>();

/** A provider that answers 429 has nothing left, whichever limit it means. */
const REFUSED: RateLimit = { reserve: 1, requests: 1, perMs: 1 };

/** Keeps count of what an account has left, by the answers that it gets. */
export function noteAnswer({ store, clock }: Pick<Ports, "store" | "clock">): NonNullable<EngineDeps["onAnswer"]> {
  return (call, { status, headers }) => {
    const { rateLimits } = call.connector;
    const retryAfterMs = status === 429 ? parseRetryAfter(headers, clock.now()) : null;
    if (rateLimits.length === 0 && retryAfterMs === null) return;
    const now = clock.now();
    const { said, known } = notedOf(store, call);
    const answer = { headers, at: now };
    for (const rule of rateLimits) {
      if (!("headers" in rule)) known.set(rule, countedAllowance(rule, known.get(rule), now));
      else if (headers[rule.headers.limit] !== undefined) said.set(rule, answer);
    }
    if (retryAfterMs !== null)
      known.set(REFUSED, { limit: 1, remaining: 0, resetAt: now + retryAfterMs, notedAt: now });
  };
}

/** Until when sweeps leave an account's provider to its callers, ms since the epoch; null when there is room for them. */
export function roomAt({ store, clock }: Pick<Ports, "store" | "clock">, asked: Asked): number | null {
  const now = clock.now();
  let until: number | null = null;
  for (const [rule, allowance] of allowancesIn(notedOf(store, asked))) {
    const wait = waitFor(rule, allowance, now);
    if (wait !== null) until = Math.max(until ?? 0, wait);
  }
  return until;
}

function* allowancesIn({ said, known }: Noted): Iterable<[RateLimit, Allowance]> {
  yield* known;
  for (const [rule, { headers, at }] of said) {
    const allowance = "headers" in rule ? allowanceOf(rule, headers, at) : null;
    if (allowance) yield [rule, allowance];
  }
}

function notedOf(store: Store, { account, operation }: Asked): Noted {
  const all = notedIn(store, () => new Map());
  const key = `${account.connectionId} ${operation.auth}`;
  const noted = all.get(key);
  if (noted !== undefined) return noted;
  const made: Noted = { said: new Map(), known: new Map() };
  all.set(key, made);
  return made;
}
