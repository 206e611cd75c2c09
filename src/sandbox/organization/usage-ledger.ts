import type { Usage } from "../message.ts";
import type { ModelRecord } from "../model-catalogue.ts";
import type { WorldClock } from "../world-clock.ts";

const MINUTE_MS = 60_000;
const LONG_CONTEXT_TOKENS = 200_000;
/** Models before it do not know `inference_geo`. */
const GEO_SINCE = Date.parse("2026-02-01");

/** What usage is told apart by. */
export interface UsageDimensions {
  apiKeyId: string | null;
  /** Null = the default workspace. */
  workspaceId: string | null;
  model: string;
  serviceTier: string;
  contextWindow: "0-200k" | "200k-1M";
  inferenceGeo: string;
  speed: string;
}

export interface UsageAmounts {
  uncachedInput: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  cacheRead: number;
  output: number;
  webSearches: number;
}

/** What was used in one minute by requests that are alike. */
export interface UsageEntry extends UsageDimensions, UsageAmounts {
  /** Start of the minute, ms since the epoch. */
  at: number;
}

/** Usage from elsewhere that a reader is to see too, for [from, to). */
export type UsageSource = (from: number, to: number) => Iterable<UsageEntry>;

/** Every token that the sandbox's answers took, by minute of its own clock. */
export class UsageLedger {
  readonly #clock: WorldClock;
  readonly #apiKeyId: string | null;
  readonly #entries = new Map<string, UsageEntry>();
  readonly #sources: UsageSource[] = [];
  #bookDue: () => void = () => {};

  /** `apiKeyId` is the key that requests are booked on. */
  constructor(clock: WorldClock, apiKeyId: string | null) {
    this.#clock = clock;
    this.#apiKeyId = apiKeyId;
  }

  addSource(source: UsageSource): void {
    this.#sources.push(source);
  }

  /** `bookDue` is called before each reading, to book what only time has brought about. */
  onRead(bookDue: () => void): void {
    this.#bookDue = bookDue;
  }

  /** Books one message; `atMs` is now unless given. */
  record(model: ModelRecord, usage: Usage, atMs = this.#clock.now()): void {
    const at = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const key = `${at} ${model.id} ${usage.service_tier} ${usage.inference_geo} ${usage.speed} ${isLong(usage)}`;
    const entry = this.#entries.get(key) ?? this.#open(at, model, usage);
    this.#entries.set(key, entry);
    entry.uncachedInput += usage.input_tokens;
    entry.cacheWrite5m += usage.cache_creation.ephemeral_5m_input_tokens;
    entry.cacheWrite1h += usage.cache_creation.ephemeral_1h_input_tokens;
    entry.cacheRead += usage.cache_read_input_tokens;
    entry.output += usage.output_tokens;
  }

  /** All usage of [from, to), in no order. */
  between(from: number, to: number): UsageEntry[] {
    this.#bookDue();
    const told = this.#sources.flatMap((source) => [...source(from, to)]);
    return [...told, ...[...this.#entries.values()].filter(({ at }) => at >= from && at < to)];
  }

  #open(at: number, model: ModelRecord, usage: Usage): UsageEntry {
    return {
      at,
      apiKeyId: this.#apiKeyId,
      workspaceId: null,
      model: model.id,
      serviceTier: usage.service_tier,
      contextWindow: isLong(usage) ? "200k-1M" : "0-200k",
      inferenceGeo: model.createdAt < GEO_SINCE ? "not_available" : usage.inference_geo,
      speed: usage.speed,
      uncachedInput: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      cacheRead: 0,
      output: 0,
      webSearches: 0,
    };
  }
}

function isLong({ input_tokens: tokens }: Usage): boolean {
  return tokens > LONG_CONTEXT_TOKENS;
}
