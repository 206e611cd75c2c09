import type { Lease, NewJob, Queue } from "../../model/job.ts";
import type { JobStore } from "../contract.ts";
import type { Dialect, Step } from "../dialect.ts";
import { and, asc, eq, gt, lte, sql } from "../drizzle.ts";
import { laneSteps, type TakeTurn } from "../lane-steps.ts";
import { insertFor, step, stepFor } from "../steps.ts";

type Notice = { queue: Queue; group: string; dueAt: number };

/** The writes on jobs that are part of larger acts. */
export interface JobSteps {
  enqueue: (job: NewJob) => Step;
  /** Ends the job or makes it due again; changes nothing when its fence moved on. */
  finish: (lease: Lease, next: number | null) => Step;
  /** Makes the job with this key, if there is one, due now with this payload. */
  hasten: (job: NewJob & { key: string }, now: number) => Step;
  drop: (queue: Queue, key: string) => Step;
  takeTurn: TakeTurn;
  /** Gives a delivery that joins its lane again its turn, if it has come; its job is this one then. */
  rejoin: (job: NewJob & { key: string }) => Step[];
}

/** The table behind the embedded job engine, and the steps on it that other acts take along. */
export function jobQueries(dialect: Dialect): { jobs: JobStore; steps: JobSteps } {
  const { db, atomically } = dialect;
  const { jobs } = dialect.tables;
  const onEnqueued: ((notices: Notice[]) => void)[] = [];
  const onEnded: ((lease: Lease) => void)[] = [];
  const steps = jobSteps(dialect, {
    enqueued: (notice) => onEnqueued.forEach((tell) => tell([notice])),
    ended: (lease) => onEnded.forEach((tell) => tell(lease)),
  });
  const columns = {
    jobId: jobs.id,
    queue: jobs.queue,
    group: jobs.groupKey,
    fence: jobs.fence,
    dueAt: jobs.dueAt,
    payload: jobs.payload,
  };
  const ofGroup = and(eq(jobs.queue, sql.placeholder("queue")), eq(jobs.groupKey, sql.placeholder("group")));
  const due = db
    .select(columns)
    .from(jobs)
    .where(and(ofGroup, lte(jobs.dueAt, sql.placeholder("now"))))
    .orderBy(asc(jobs.dueAt), asc(jobs.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  const next = db
    .select({ dueAt: jobs.dueAt })
    .from(jobs)
    .where(and(ofGroup, gt(jobs.dueAt, sql.placeholder("after"))))
    .orderBy(asc(jobs.dueAt))
    .limit(1)
    .prepare();
  return {
    steps,
    jobs: {
      async groups(queue) {
        // Leaps from group to group along the index, so that a million pending jobs cost no more than their groups.
        return db.all<{ group: string; dueAt: number }>(sql`
          WITH RECURSIVE grp(name) AS (
            SELECT min(${jobs.groupKey}) FROM ${jobs} WHERE ${jobs.queue} = ${queue}
            UNION ALL
            SELECT (SELECT min(${jobs.groupKey}) FROM ${jobs} WHERE ${jobs.queue} = ${queue} AND ${jobs.groupKey} > grp.name)
            FROM grp WHERE grp.name IS NOT NULL
          )
          SELECT grp.name AS "group",
            (SELECT min(${jobs.dueAt}) FROM ${jobs} WHERE ${jobs.queue} = ${queue} AND ${jobs.groupKey} = grp.name) AS "dueAt"
          FROM grp WHERE grp.name IS NOT NULL`);
      },
      async due(queue, group, now, limit) {
        return due.execute({ queue, group, now, limit });
      },
      async nextDue(queue, group, after) {
        const [row] = await next.execute({ queue, group, after });
        return row?.dueAt ?? null;
      },
      async enqueue(newJobs) {
        await atomically({ steps: newJobs.map((job) => steps.enqueue(job)) });
      },
      async finish(lease, dueAt) {
        return (await atomically({ guard: steps.finish(lease, dueAt), steps: [] })).result;
      },
      async fence({ jobId, fence }) {
        const moved = db
          .update(jobs)
          .set({ fence: fence + 1 })
          .where(and(eq(jobs.id, jobId), eq(jobs.fence, fence)));
        await atomically({ steps: [step(moved)] });
      },
      onEnqueued: (listener) => void onEnqueued.push(listener),
      onEnded: (listener) => void onEnded.push(listener),
    },
  };
}

interface Listeners {
  enqueued(notice: Notice): void;
  ended(lease: Lease): void;
}

function jobSteps(dialect: Dialect, tell: Listeners): JobSteps {
  const { db } = dialect;
  const { jobs } = dialect.tables;
  const insert = insertFor(db, jobs, (query) => query.onConflictDoNothing());
  const held = and(eq(jobs.id, sql.placeholder("jobId")), eq(jobs.fence, sql.placeholder("fence")));
  const end = stepFor<Lease>(db.delete(jobs).where(held));
  const postpone = stepFor<Lease & { next: number }>(
    db
      .update(jobs)
      .set({ dueAt: sql`${sql.placeholder("next")}`, fence: sql`${jobs.fence} + 1` })
      .where(held),
  );
  const keyed = (queue: Queue, key: string) => and(eq(jobs.queue, queue), eq(jobs.key, key));
  const takeTurn = laneSteps(dialect, (group, dueAt) => tell.enqueued({ queue: "deliver", group, dueAt }));
  const hasten: JobSteps["hasten"] = ({ queue, key, group, payload }, now) =>
    step(db.update(jobs).set({ dueAt: now, payload }).where(keyed(queue, key)), () =>
      tell.enqueued({ queue, group, dueAt: now }),
    );
  return {
    enqueue: ({ group, ...job }) =>
      insert({ ...job, groupKey: group, fence: 0 }, () => tell.enqueued({ queue: job.queue, group, dueAt: job.dueAt })),
    finish: (lease, next) =>
      next === null
        ? end(lease, () => tell.ended(lease))
        : postpone({ ...lease, next }, () => {
            tell.ended(lease);
            tell.enqueued({ queue: lease.queue, group: lease.group, dueAt: next });
          }),
    hasten,
    drop: (queue, key) => step(db.delete(jobs).where(keyed(queue, key))),
    takeTurn,
    rejoin: (job) => [...takeTurn({ id: job.key, subscriptionId: job.group }, job.dueAt), hasten(job, job.dueAt)],
  };
}
