import type { Round } from "./statistics.ts";

/**
 * What must hold: a ratio to the limit (on two cores, of wall time); a figure in the workload's unit, of its own or above the
 * limit's.
 */
export type Target = { ratioAtLeast: number } | { ratioAtMost: number } | { atMost: number } | { addedAtMost: number };

/** One figure of the report, with the rounds that it was taken from. */
export interface Measurement {
  /** As in PERFORMANCE.md: `A1`; a variant adds its name: `C1_dist`. */
  id: string;
  what: string;
  against: string;
  unit: string;
  target: Target;
  /** A CPU ratio below this is a regression, where the product is not at its target yet: what it reaches, less what runs differ by. */
  cpuFloor?: number;
  rounds: Round[];
}

export interface Plan {
  rounds: number;
  /** True for a short run that only guards against getting slower. */
  quick: boolean;
  /** A folder for files, on the disk that the product would use. */
  folder: string;
  /** Says how far it has come. */
  say(line: string): void;
}

/** Measures something in rounds, product and limit by turns. Throws when either does not do its work correctly. */
export type Workload = (plan: Plan) => Promise<Measurement[]>;

/** Runs the rounds: A B A B. */
export async function inTurns(
  { rounds, say }: Pick<Plan, "rounds" | "say">,
  unit: string,
  product: () => Promise<Round["product"]>,
  limit: () => Promise<Round["limit"]>,
): Promise<Round[]> {
  const done: Round[] = [];
  for (let n = 1; n <= rounds; n++) {
    const round = { limit: await limit(), product: await product() };
    done.push(round);
    say(`  round ${n}: ${round.product.value.toFixed(1)} against ${round.limit.value.toFixed(1)} ${unit}`);
  }
  return done;
}

/** Throws with what went wrong: figures of work that was not done are worth nothing. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`The workload did not do its work: ${otherwise}`);
}
