const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** Milliseconds until a job whose worker crashed `crashes` times in a row (1 or more) is run again: 1 s, 2 s, 4 s … 60 s. */
export function crashDelay(crashes: number): number {
  return Math.min(FIRST_MS * 2 ** (crashes - 1), LONGEST_MS);
}
