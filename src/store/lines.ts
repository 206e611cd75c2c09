import { isPlan, type Outcome, type Plan, type Step } from "./dialect.ts";

/** A step as it is run: plain data. When it changes no row, the `skip` lines after it are left out. */
export interface Line {
  sql: string;
  params: readonly unknown[];
  skip: number;
}

/** False when a line changed no row; else the number of the row that the connection inserted last. */
export type Changed = number | false;

/** The lines of a plan, in the order in which they are run. */
export function linesOf(plan: Plan): Line[] {
  const lines: Line[] = [];
  addPlan(plan, lines);
  return lines;
}

function addPlan({ guard, steps }: Plan, lines: Line[]): void {
  const own = guard && addStep(guard, lines);
  const first = lines.length;
  for (const part of steps) {
    if (isPlan(part)) addPlan(part, lines);
    else addStep(part, lines);
  }
  if (own) own.skip = lines.length - first;
}

function addStep({ sql, params }: Step, lines: Line[]): Line {
  const line = { sql, params, skip: 0 };
  lines.push(line);
  return line;
}

/** What a plan came to, by what its lines changed; adds what is to be called after its commit to `committed`. */
export function outcomeOf(plan: Plan, changed: readonly Changed[], committed: (() => void)[]): Outcome {
  let at = 0;
  const walk = ({ guard, steps }: Plan, isSkipped: boolean): number => {
    const isWritten = (guard === undefined || note(guard)) && !isSkipped;
    let applied = isWritten ? 1 : 0;
    for (const part of steps) {
      if (isPlan(part)) applied += walk(part, !isWritten);
      else note(part);
    }
    return applied;
  };
  const note = ({ committed: tell }: Step): boolean => {
    const row = changed[at++] ?? false;
    if (row === false) return false;
    if (tell) committed.push(() => tell(row));
    return true;
  };
  const applied = walk(plan, false);
  return { result: applied === 0 ? "stale" : "committed", applied };
}
