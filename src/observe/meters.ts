/** A count by the values of its labels: a look-up in a map for each thing that happens. */
export class Count {
  readonly #series = new Map<string, { values: readonly string[]; count: number }>();

  /** The values come from lists that end (a manifest's operations, statuses): each combination is kept for good. */
  add(values: readonly string[], by = 1): void {
    const name = values.join("\n");
    const series = this.#series.get(name);
    if (series) series.count += by;
    else this.#series.set(name, { values, count: by });
  }

  get series(): Iterable<{ values: readonly string[]; count: number }> {
    return this.#series.values();
  }
}

/** How long things take: how many took at most so long. */
export class Durations {
  /** Upper bounds in seconds, ascending. */
  readonly bounds: readonly number[];
  /** How many fell below each bound and not below the one before; the last is for those above all. */
  readonly counts: number[];
  /** Of all durations, in seconds. */
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(seconds: number): void {
    const at = this.bounds.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? this.bounds.length : at;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += seconds;
  }
}

/** From a receiver next door to the longest deadline of a try. */
const ATTEMPT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];

/** What is counted from the start on, so that the first who asks learns all of it. Labels are in the order of the values. */
export interface Meters {
  /** By class. */
  readonly attempts: Count;
  readonly attemptSeconds: Durations;
  /** Deliveries that came to an end, by status. */
  readonly settled: Count;
  /** By poller and result: complete, partial or failed. */
  readonly sweeps: Count;
  /** Pages that sweeps asked the provider for, by poller. */
  readonly pages: Count;
  /** Requests to providers, by connector, operation and the class of the status, or what went wrong. */
  readonly upstream: Count;
  /** Webhooks of providers, by connector and what came of them: stored, repeated or the code of the refusal. */
  readonly inbound: Count;
  /** Requests to us, by method, route and status. */
  readonly requests: Count;
}

export function createMeters(): Meters {
  return {
    attempts: new Count(),
    attemptSeconds: new Durations(ATTEMPT_SECONDS),
    settled: new Count(),
    sweeps: new Count(),
    pages: new Count(),
    upstream: new Count(),
    inbound: new Count(),
    requests: new Count(),
  };
}
