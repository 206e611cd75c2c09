/** The middle of some numbers; of an even count, the mean of the two in the middle. Throws for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error("There is no median of no values.");
  return (lower + upper) / 2;
}

/** The value that a share of them (0 to 1) does not exceed. Throws for none. */
export function quantile(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.min(Math.floor(values.length * share), values.length - 1)];
  if (value === undefined) throw new Error("There is no quantile of no values.");
  return value;
}

/** How far the rounds lie apart: the largest distance from the median, as a share of it. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return Math.max(...values.map((value) => Math.abs(value - middle))) / middle;
}

/** What one side did in one round. */
export interface Sample {
  /** In the unit of the workload. */
  value: number;
  /** CPU of the measured process for one operation, in µs; absent where an operation means nothing. */
  cpuUs?: number;
}

/** One round: the product and the bare limit, one after the other on the same machine. */
export interface Round {
  product: Sample;
  limit: Sample;
}

/** Many rounds in a few figures. */
export interface Summary {
  value: number;
  limit: number;
  /** The median of each round's own value / limit: a machine that is busy for a while slows both sides of a round. */
  ratio: number;
  /** The median of each round's own value - limit, in the workload's unit. */
  added: number;
  rounds: number;
  /** How far the rounds' ratios lie from the median, as a share of it. */
  spread: number;
  /** µs for one operation; the ratio is limit / value, so that 1 is as cheap as the limit and less is dearer. */
  cpu?: { value: number; limit: number; ratio: number };
}

export function summarise(rounds: readonly Round[]): Summary {
  const ratios = rounds.map(({ product, limit }) => product.value / limit.value);
  const cpu = summariseCpu(rounds);
  return {
    value: median(rounds.map(({ product }) => product.value)),
    limit: median(rounds.map(({ limit }) => limit.value)),
    ratio: median(ratios),
    added: median(rounds.map(({ product, limit }) => product.value - limit.value)),
    rounds: rounds.length,
    spread: spread(ratios),
    ...(cpu ? { cpu } : {}),
  };
}

function summariseCpu(rounds: readonly Round[]): Summary["cpu"] {
  const pairs = rounds.flatMap(({ product, limit }) =>
    product.cpuUs === undefined || limit.cpuUs === undefined ? [] : [{ value: product.cpuUs, limit: limit.cpuUs }],
  );
  if (pairs.length === 0) return undefined;
  return {
    value: median(pairs.map(({ value }) => value)),
    limit: median(pairs.map(({ limit }) => limit)),
    ratio: median(pairs.map(({ value, limit }) => limit / value)),
  };
}
