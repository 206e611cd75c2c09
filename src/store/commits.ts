import type { Delivery } from "../model/delivery.ts";
import type { Subscription } from "../model/subscription.ts";
import type { EventCommit, PollCommit, Store, ToldEvent } from "./contract.ts";
import type { DeliverySteps } from "./delivery-steps.ts";
import type { Dialect, Plan, Step } from "./dialect.ts";
import { and, eq, sql } from "./drizzle.ts";
import type { JobSteps } from "./queries/jobs.ts";
import type { AdvanceRun } from "./queries/runs.ts";
import { subscriptionUpdate } from "./queries/subscriptions.ts";
import type { RowCache } from "./row-cache.ts";
import { insertFor, step, stepFor } from "./steps.ts";

type Acts = Pick<Store, "commitPoll" | "commitEvents" | "commitAttempt" | "commitRun">;

/** The great acts: each is planned whole as a list of writes, then written at once. `stored` is called after the commit of each event. */
export function commitActs(
  dialect: Dialect,
  jobs: JobSteps,
  its: DeliverySteps,
  advanceRun: AdvanceRun,
  cache: RowCache<Subscription>,
  stored: () => void,
): Acts {
  const { atomically } = dialect;
  const tell = telling(dialect, jobs, its, stored);
  const poll = polling(dialect);
  const commit = async (plan: Plan) => (await atomically(plan)).result;

  return {
    commitPoll: (act) => commit({ guard: poll.advance(act), steps: [...poll.steps(act), ...act.told.map(tell.event)] }),
    commitEvents: (act: EventCommit) =>
      commit({
        guard: act.lease && jobs.finish(act.lease, null),
        steps: [...act.told.map(tell.event), ...act.deliveries.flatMap(tell.delivery), ...act.jobs.map(jobs.enqueue)],
      }),
    commitAttempt: (act) =>
      commit(
        its.outcome(act, [
          ...(act.subscription ? subscriptionUpdate(dialect, cache, act.subscription.id, act.subscription.patch) : []),
          ...act.told.map(tell.event),
        ]),
      ),
    commitRun: (act) =>
      commit({
        guard: advanceRun(act),
        steps: [
          ...(act.job ? [jobs.finish(act.job.lease, act.job.next)] : []),
          ...act.told.map(tell.event),
          ...(act.resends ?? []).map(its.resend),
        ],
      }),
  };
}

interface Telling {
  /** An event with its deliveries and jobs, or nothing of them when its dedupe key is known. */
  event: (told: ToldEvent) => Plan;
  delivery: (delivery: Delivery) => Step[];
}

function telling(
  { db, tables: { events } }: Dialect,
  jobs: JobSteps,
  { insert: delivery }: DeliverySteps,
  stored: () => void,
): Telling {
  const insertEvent = insertFor(db, events, (query) => query.onConflictDoNothing({ target: events.dedupeKey }));
  return {
    delivery,
    event: (told) => ({
      guard: insertEvent(told.event, stored),
      steps: [...told.deliveries.flatMap(delivery), ...told.jobs.map(jobs.enqueue)],
    }),
  };
}

/** The writes of a sweep: the poller itself, guarded by its version; its items; the line of its history. */
function polling({ db, tables: { pollers, items, pages, sweeps } }: Dialect) {
  const insertSweep = insertFor(db, sweeps);
  const excluded = (column: string) => sql.raw(`excluded.${column}`);
  const upsertItem = insertFor(db, items, (query) =>
    query.onConflictDoUpdate({
      target: [items.pollerId, items.key],
      set: {
        fingerprint: excluded("fingerprint"),
        states: excluded("states"),
        absent: excluded("absent"),
        status: excluded("status"),
        record: excluded("record"),
      },
    }),
  );
  const upsertPage = insertFor(db, pages, (query) =>
    query.onConflictDoUpdate({
      target: [pages.pollerId, pages.cursor],
      set: {
        digest: excluded("digest"),
        next: excluded("next"),
        records: excluded("records"),
        items: excluded("items"),
        dueAt: excluded("due_at"),
      },
    }),
  );
  const dropPage = stepFor<{ pollerId: string; cursor: string }>(
    db
      .delete(pages)
      .where(and(eq(pages.pollerId, sql.placeholder("pollerId")), eq(pages.cursor, sql.placeholder("cursor")))),
  );
  return {
    advance: ({ pollerId, expectVersion, patch }: PollCommit): Step =>
      step(
        db
          .update(pollers)
          .set({ ...patch, version: expectVersion + 1 })
          .where(and(eq(pollers.id, pollerId), eq(pollers.version, expectVersion))),
      ),
    steps: ({ pollerId, items: writes, sweep, clearItems, pages: read = [], dropPages = [] }: PollCommit): Step[] => [
      ...(clearItems ? [items, pages].map((table) => step(db.delete(table).where(eq(table.pollerId, pollerId)))) : []),
      ...writes.map((item) => upsertItem({ ...item, pollerId })),
      ...read.map((page) => upsertPage({ ...page, pollerId })),
      ...dropPages.map((cursor) => dropPage({ pollerId, cursor })),
      ...(sweep ? [insertSweep(sweep)] : []),
    ],
  };
}
