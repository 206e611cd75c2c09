import type { Lease, NewJob, Queue } from "../../model/job.ts";
import type { Dialect, Step } from "../dialect.ts";
import { and, eq, sql } from "../drizzle.ts";
import type { DueNotice, JobStore, TimeKeeping } from "../job-store.ts";
import { insertFor, step, stepFor } from "../steps.ts";
import { type DueReads, dueReads } from "./due.ts";

/** Who is to know of jobs, after the commits that change them. */
export interface JobNotices {
  /** A job was made, or made due again. */
  due(notice: DueNotice): void;
  /** A leased job was ended, or made due again. */
  ended(lease: Lease): void;
}

/** A delivery that is due because a person asked for it. */
export function askedFor(its: Pick<Lease, "jobId" | "group" | "fence" | "dueAt">): DueNotice {
  const { group, dueAt, jobId } = its;
  const queue = "deliver";
  return { queue, group, dueAt, lease: { ...its, queue, payload: jobId, isAsked: true } };
}

/** The writes on jobs that are part of larger acts. */
export interface JobSteps {
  enqueue: (job: NewJob) => Step;
  /** Ends the job or makes it due again; changes nothing when its fence moved on. */
  finish: (lease: Lease, next: number | null) => Step;
  /** Makes the job with this key, if there is one, due at its new time. */
  hasten: (job: NewJob & { key: string }) => Step;
  drop: (queue: NewJob["queue"], key: string) => Step;
  notices: JobNotices;
}

/** All jobs: those that were made by name, and the deliveries that are due, which are jobs of the queue `deliver`. */
export function jobQueries(dialect: Dialect): { jobs: Omit<JobStore, keyof TimeKeeping>; steps: JobSteps } {
  const { db, atomically } = dialect;
  const { jobs, deliveries } = dialect.tables;
  const onEnqueued: Parameters<JobStore["onEnqueued"]>[0][] = [];
  const onEnded: Parameters<JobStore["onEnded"]>[0][] = [];
  const steps = jobSteps(dialect, {
    due: (notice) => onEnqueued.forEach((tell) => tell(notice)),
    ended: (lease) => onEnded.forEach((tell) => tell(lease)),
  });
  const reads = new Map<Queue, DueReads>();
  const of = (queue: Queue) => {
    const known =
      reads.get(queue) ?? dueReads(db, queue, queue === "deliver" ? dueDeliveries(dialect) : named(dialect, queue));
    reads.set(queue, known);
    return known;
  };
  return {
    steps,
    jobs: {
      groups: (queue) => of(queue).groups(),
      due: (queue, group, now, limit) => of(queue).due(group, now, limit),
      nextDue: (queue, group, after) => of(queue).nextDue(group, after),
      async enqueue(newJobs) {
        await atomically({ steps: newJobs.map((job) => steps.enqueue(job)) });
      },
      async finish(lease, dueAt) {
        return (await atomically({ guard: steps.finish(lease, dueAt), steps: [] })).result;
      },
      async fence({ queue, jobId, fence }) {
        const moved = { fence: fence + 1 };
        const held =
          queue === "deliver"
            ? db
                .update(deliveries)
                .set(moved)
                .where(and(eq(deliveries.n, jobId), eq(deliveries.fence, fence)))
            : db
                .update(jobs)
                .set(moved)
                .where(and(eq(jobs.id, jobId), eq(jobs.fence, fence)));
        await atomically({ steps: [step(held)] });
      },
      onEnqueued: (listener) => void onEnqueued.push(listener),
      onEnded: (listener) => void onEnded.push(listener),
    },
  };
}

function named({ tables: { jobs } }: Dialect, queue: Queue) {
  const { groupKey: group, dueAt, id: number, fence, payload } = jobs;
  return { table: jobs, which: sql`${jobs.queue} = ${queue}`, group, dueAt, number, fence, payload };
}

function dueDeliveries({ tables: { deliveries } }: Dialect) {
  const { subscriptionId: group, nextAttemptAt: dueAt, n: number, fence } = deliveries;
  return { table: deliveries, which: sql`${dueAt} IS NOT NULL`, group, dueAt, number, fence, payload: number };
}

function jobSteps({ db, tables: { jobs, deliveries } }: Dialect, notices: JobNotices): JobSteps {
  const insert = insertFor(db, jobs, (query) => query.onConflictDoNothing());
  const held = and(eq(jobs.id, sql.placeholder("jobId")), eq(jobs.fence, sql.placeholder("fence")));
  const end = stepFor<Lease>(db.delete(jobs).where(held));
  const postpone = stepFor<Lease & { next: number }>(
    db
      .update(jobs)
      .set({ dueAt: sql`${sql.placeholder("next")}`, fence: sql`${jobs.fence} + 1` })
      .where(held),
  );
  const moveDelivery = stepFor<Lease & { next: number | null }>(
    db
      .update(deliveries)
      .set({ nextAttemptAt: sql`${sql.placeholder("next")}`, fence: sql`${deliveries.fence} + 1` })
      .where(
        and(
          eq(deliveries.n, sql.placeholder("jobId")),
          eq(deliveries.fence, sql.placeholder("fence")),
          sql`${deliveries.nextAttemptAt} IS NOT NULL`, // one that was cancelled is nobody's job, unless it has its lane's turn
        ),
      ),
  );
  const keyed = (queue: Queue, key: string) => and(eq(jobs.queue, queue as NewJob["queue"]), eq(jobs.key, key));
  return {
    notices,
    enqueue: ({ group, ...job }) =>
      insert({ ...job, groupKey: group, fence: 0 }, (jobId) => {
        const { queue, dueAt, payload } = job;
        notices.due({ queue, group, dueAt, lease: { jobId, queue, group, fence: 0, dueAt, payload } });
      }),
    finish: (lease, next) => {
      const tell = () => {
        notices.ended(lease);
        if (next !== null) notices.due({ queue: lease.queue, group: lease.group, dueAt: next });
      };
      if (lease.queue === "deliver") return moveDelivery({ ...lease, next }, tell);
      return next === null ? end(lease, tell) : postpone({ ...lease, next }, tell);
    },
    hasten: ({ queue, key, group, dueAt }) =>
      step(db.update(jobs).set({ dueAt }).where(keyed(queue, key)), () => notices.due({ queue, group, dueAt })),
    drop: (queue, key) => step(db.delete(jobs).where(keyed(queue, key))),
  };
}
