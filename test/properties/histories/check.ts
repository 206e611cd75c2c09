import { inspect } from "node:util";
import fc from "fast-check";
import { type Figures, play } from "./play.ts";
import { histories } from "./random.ts";
import { FalseHistory } from "./stage.ts";

export interface Checked extends Figures {
  histories: number;
}

/**
 * Plays random histories. Throws at the first in which something false is told or something is not told, with the story of
 * the shortest such history and how to play it again. `path` plays only the one that an earlier failure named.
 */
export async function checkHistories(
  { seed, count, path }: { seed: number; count: number; path?: string },
  onPlayed: (sofar: Checked) => void = () => undefined,
): Promise<Checked> {
  const sum: Checked = { histories: 0, commands: 0, sweeps: 0, crashes: 0, events: 0 };
  const property = fc.asyncProperty(histories, async (history) => {
    const figures = await play(history);
    sum.histories++;
    for (const name of ["commands", "sweeps", "crashes", "events"] as const) sum[name] += figures[name];
    onPlayed(sum);
  });
  const result = await fc.check(property, { seed, numRuns: count, ...(path === undefined ? {} : { path }) });
  if (!result.failed) return sum;
  const { errorInstance, counterexamplePath } = result;
  const story = errorInstance instanceof FalseHistory ? errorInstance.message : inspect(errorInstance);
  const again = `npm run histories -- --seed ${seed} --path ${counterexamplePath}`;
  throw new Error(`History ${result.numRuns} is false. In short:\n${story}\n\nAgain: ${again}`, {
    cause: errorInstance,
  });
}
