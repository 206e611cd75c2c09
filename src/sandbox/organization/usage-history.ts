import { createHash } from "node:crypto";
import { seededId } from "./identity.ts";
import type { UsageDimensions, UsageEntry, UsageSource } from "./usage-ledger.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HISTORY_MS = 90 * 24 * HOUR_MS;

/** Who used what before the sandbox began: one request or so an hour each. */
const HABITS: Pick<UsageDimensions, "apiKeyId" | "workspaceId" | "model" | "serviceTier" | "inferenceGeo">[] = [
  habit("Production", "Production backend", "claude-opus-5", "standard", "us"),
  habit("Production", "Production backend", "claude-haiku-4-5-20251001", "batch", "not_available"),
  habit("Staging", "Staging backend", "claude-sonnet-5", "standard", "global"),
];

/** The seeded organization's usage in the 90 days up to `startMs`: the same numbers for the same hours, always. */
export function usageHistory(startMs: number): UsageSource {
  return function* (from, to) {
    const first = Math.max(from, startMs - HISTORY_MS);
    const last = Math.min(to, startMs);
    for (let hour = Math.floor(first / HOUR_MS) * HOUR_MS; hour < last; hour += HOUR_MS) {
      for (const entry of usageOfHour(hour)) if (entry.at >= first && entry.at < last) yield entry;
    }
  };
}

function usageOfHour(hour: number): UsageEntry[] {
  return HABITS.map((dimensions) => {
    const { workspaceId, model } = dimensions;
    const chance = createHash("sha256").update(`${hour} ${workspaceId} ${model}`).digest();
    return {
      ...dimensions,
      at: hour + (chance.readUInt8(0) % 60) * MINUTE_MS,
      contextWindow: chance.readUInt8(1) < 16 ? "200k-1M" : "0-200k",
      speed: "standard",
      uncachedInput: chance.readUInt16BE(2),
      cacheWrite5m: chance.readUInt16BE(4) >> 2,
      cacheWrite1h: chance.readUInt16BE(6) >> 4,
      cacheRead: chance.readUInt16BE(8),
      output: chance.readUInt16BE(10) >> 3,
      webSearches: chance.readUInt8(12) >> 6,
    };
  });
}

function habit(workspace: string, key: string, model: string, serviceTier: string, inferenceGeo: string) {
  const workspaceId = seededId("wrkspc", workspace);
  return { apiKeyId: seededId("apikey", key), workspaceId, model, serviceTier, inferenceGeo };
}
