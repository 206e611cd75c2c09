/** When a call that failed is sent again, as the manifest says it. Durations are ms. */
export interface RetryPolicy {
  /** Tries beyond the first. */
  max: number;
  statuses: (number | "5xx")[];
  networkErrors: boolean;
  baseMs: number;
  capMs: number;
  /** Share of the delay taken off at random: 0.25 = up to a quarter less. */
  jitter: number;
  /** Headers that say when, in order: `retry-after-ms`, `retry-after`. */
  afterHeaders: string[];
  /** The header that vetoes or orders a retry: `x-should-retry`. */
  vetoHeader: string | null;
}
