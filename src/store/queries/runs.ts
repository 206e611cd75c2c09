import { toPage } from "../../kernel/page.ts";
import type { AsyncRun, StoredRun } from "../../model/async-run.ts";
import type { RunCommit } from "../acts.ts";
import type { RunFilter, RunStore } from "../contract.ts";
import type { Dialect, Step } from "../dialect.ts";
import { and, desc, eq, getTableColumns, inArray, lt, sql } from "../drizzle.ts";
import { insertFor, step } from "../steps.ts";
import type { Tables } from "../tables.ts";
import type { JobSteps } from "./jobs.ts";
import { numberCursor } from "./paging.ts";

/** The guard of a commit: writes the patch when the run is still at the version that it was planned on. */
export type AdvanceRun = (commit: RunCommit) => Step;

/** Asynchronous runs, newest first. */
export function runQueries(dialect: Dialect, jobs: JobSteps): { runs: RunStore; advance: AdvanceRun } {
  const { db, tables, atomically } = dialect;
  const { runs } = tables;
  const { sealedRequest: _, sealedAnswer: __, ...unsealed } = getTableColumns(runs);
  const insert = insertFor(db, runs);
  const listeners: ((id: string) => void)[] = [];
  const tellIfFinished = (id: string, finishedAt: number | null | undefined) => () => {
    if (typeof finishedAt === "number") for (const listener of listeners) listener(id);
  };
  const get = async (id: string): Promise<StoredRun | null> => {
    const [row] = await db.select().from(runs).where(eq(runs.id, id));
    return row ? withoutNumber(row) : null;
  };

  return {
    advance: ({ id, expectVersion, patch }) =>
      step(
        db
          .update(runs)
          .set({ ...patch, version: expectVersion + 1 })
          .where(and(eq(runs.id, id), eq(runs.version, expectVersion))),
        tellIfFinished(id, patch.finishedAt),
      ),
    runs: {
      get,
      async list(page) {
        const rows = await db
          .select(unsealed)
          .from(runs)
          .where(and(filter(runs, page), olderThan(runs, numberCursor(page))))
          .orderBy(desc(runs.n))
          .limit(page.limit + 1);
        return toPage<(typeof rows)[number], AsyncRun>(rows, page.limit, (row) => row.n, withoutNumber);
      },
      async create(run) {
        await atomically({ steps: [insert(run), jobs.enqueue(jobOf(run, run.createdAt))] });
      },
      async cancel(id, now) {
        const run = await get(id);
        if (!run) return null;
        const ended = { state: "cancelled", finishedAt: now, updatedAt: now, sealedRequest: null } as const;
        const end = db
          .update(runs)
          .set({ ...ended, version: sql`${runs.version} + 1` })
          .where(and(eq(runs.id, id), eq(runs.state, "pending")));
        const ask = db
          .update(runs)
          .set({ cancel: "asked", updatedAt: now })
          .where(and(eq(runs.id, id), eq(runs.state, "running"), sql`${runs.cancel} IS NULL`));
        const job = jobOf(run, now);
        await atomically({
          steps: [
            { guard: step(end, tellIfFinished(id, now)), steps: [jobs.drop(job.queue, id)] },
            { guard: step(ask), steps: [jobs.hasten(job)] },
          ],
        });
        return get(id);
      },
      onFinished: (listener) => void listeners.push(listener),
    },
  };
}

function jobOf({ id, connectionId, replay }: StoredRun, dueAt: number) {
  const job = { key: id, dueAt, payload: id };
  return replay === null
    ? ({ ...job, queue: "run", group: connectionId } as const)
    : ({ ...job, queue: "replay", group: replay.subscriptionId } as const);
}

function withoutNumber<T extends { n: number }>({ n: _, ...run }: T): Omit<T, "n"> {
  return run;
}

function olderThan(runs: Tables["runs"], n: number | null) {
  return n === null ? undefined : lt(runs.n, n);
}

function filter(runs: Tables["runs"], { owner, connections, scopes, state }: RunFilter) {
  return and(
    owner === null ? undefined : eq(runs.owner, owner),
    connections === null ? undefined : inArray(runs.connectionId, [...connections, ""]),
    inArray(runs.scope, [...scopes]),
    state === undefined ? undefined : eq(runs.state, state),
  );
}
