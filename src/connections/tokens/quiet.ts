import type { TidewireError } from "../../kernel/errors.ts";
import type { Store } from "../../store/contract.ts";

interface Refusal {
  error: TidewireError;
  until: number;
}

/** How long a provider that refused a token is left alone, in ms: repeated wrong logins lock accounts. */
const QUIET_MS = 30_000;

const refusalsOf = new WeakMap<Store, Map<string, Refusal>>();

/** Remembers that a provider refused to give a token for `what`, which names the credential and its values. */
export function rememberRefusal(store: Store, what: string, error: TidewireError, now: number): void {
  const refusals = refusalsOf.get(store) ?? new Map<string, Refusal>();
  refusalsOf.set(store, refusals);
  for (const [key, { until }] of refusals) if (until <= now) refusals.delete(key);
  refusals.set(what, { error, until: now + QUIET_MS });
}

/** What the provider said of it a moment ago; null when it may be asked. */
export function recentRefusal(store: Store, what: string, now: number): TidewireError | null {
  const refusal = refusalsOf.get(store)?.get(what);
  return refusal && now < refusal.until ? refusal.error : null;
}
