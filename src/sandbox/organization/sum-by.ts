import type { UsageAmounts, UsageEntry } from "./usage-ledger.ts";

const AMOUNTS: (keyof UsageAmounts)[] = [
  "uncachedInput",
  "cacheWrite5m",
  "cacheWrite1h",
  "cacheRead",
  "output",
  "webSearches",
];

/** Entries that are alike in all `dimensions` become one, their amounts added; in the order of those dimensions. Pure. */
export function sumBy(entries: UsageEntry[], dimensions: ((entry: UsageEntry) => string | null)[]): UsageEntry[] {
  const sums = new Map<string, UsageEntry>();
  for (const entry of entries) {
    const key = JSON.stringify(dimensions.map((dimension) => dimension(entry)));
    const sum = sums.get(key);
    if (!sum) sums.set(key, { ...entry });
    else for (const amount of AMOUNTS) sum[amount] += entry[amount];
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}
