import type { Store } from "./contract.ts";
import type { Dialect } from "./dialect.ts";
import { inArray, lt } from "./drizzle.ts";
import { planPrune } from "./prune-plan.ts";
import { oldEvents, removals } from "./prune-steps.ts";
import { remainsOf } from "./remains.ts";
import { goneQuery } from "./removals.ts";
import { step } from "./steps.ts";

const START = { timestamp: 0, seq: 0 };

/** Deletes what is beyond the retention, and what was let go of, in steps so short that nobody has to wait for one. */
export function pruner(dialect: Dialect): Store["prune"] {
  const { db, tables, atomically } = dialect;
  const { sweeps, runs } = tables;
  const look = oldEvents(dialect);
  const remove = removals(dialect);
  const gone = goneQuery(dialect);
  const remains = remainsOf(dialect);

  return async (before, limit, after = START) => {
    const old = await look(before, limit, after);
    const { whole, part, place } = planPrune(old, limit, after);
    const oldSweeps = await db.select({ n: sweeps.n }).from(sweeps).where(lt(sweeps.startedAt, before)).limit(limit);
    const oldRuns = await db.select({ n: runs.n }).from(runs).where(lt(runs.finishedAt, before)).limit(limit);
    const left = await remains(limit);
    const { applied } = await atomically({
      steps: [
        ...whole.map((event) => remove.whole(event)),
        ...(part ? remove.part(part, limit) : []),
        ...(whole.length > 0 ? remove.mark(Math.max(...whole.map(({ seq }) => seq)), await gone()) : []),
        ...(oldSweeps.length > 0 ? [step(db.delete(sweeps).where(inArray(sweeps.n, numbers(oldSweeps))))] : []),
        ...(oldRuns.length > 0 ? [step(db.delete(runs).where(inArray(runs.n, numbers(oldRuns))))] : []),
        ...left,
      ],
    });
    const isDone =
      place.seq === (old.at(-1) ?? place).seq && [old, oldSweeps, oldRuns].every((rows) => rows.length < limit);
    return { events: applied - 1, next: isDone && left.length === 0 ? null : place };
  };
}

function numbers(rows: readonly { n: number }[]): number[] {
  return rows.map(({ n }) => n);
}
