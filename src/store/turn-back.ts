import { nextVersion, type Subscription } from "../model/subscription.ts";
import type { Dialect, Step } from "./dialect.ts";
import { and, eq, gt, inArray, sql } from "./drizzle.ts";
import type { TimeKeeping } from "./job-store.ts";
import { settingQueries } from "./queries/settings.ts";
import { subscriptionUpdate } from "./queries/subscriptions.ts";
import type { RowCache } from "./row-cache.ts";
import { step } from "./steps.ts";

/** Deliveries that one commit moves, so that others never wait for it. */
const BATCH = 1_000;
/** The setting that keeps the time that was last known. */
const MARK = "clock.mark";

/** What a clock that was put back needs of the store. */
export function timeKeeping(dialect: Dialect, cache: RowCache<Subscription>): TimeKeeping {
  const { db, tables, atomically } = dialect;
  const { jobs, deliveries, pollers } = tables;
  const settings = settingQueries(dialect);

  /** The numbers of a subscription's deliveries that are due later, all before any is moved: moved ones may be due later still. */
  const waiting = async (subscriptionId: string, now: number) => {
    const later = and(eq(deliveries.subscriptionId, subscriptionId), gt(deliveries.nextAttemptAt, now));
    return (await db.select({ n: deliveries.n }).from(deliveries).where(later)).map(({ n }) => n);
  };
  const moved = (numbers: number[], byMs: number, now: number): Step => {
    const nextAttemptAt = sql`max(${now}, ${deliveries.nextAttemptAt} - ${byMs})`;
    const still = and(inArray(deliveries.n, numbers), gt(deliveries.nextAttemptAt, now));
    return step(db.update(deliveries).set({ nextAttemptAt }).where(still));
  };

  return {
    async lastMark() {
      const mark = await settings.get(MARK);
      return mark === null ? null : Number(mark);
    },
    mark: (now) => settings.set(MARK, String(now)),
    async turnBack(byMs, now) {
      const dueAt = sql`max(${now}, ${jobs.dueAt} - ${byMs})`;
      const nextRunAt = sql`max(${now}, ${pollers.nextRunAt} - ${byMs})`;
      await atomically({
        steps: [
          step(db.update(jobs).set({ dueAt }).where(gt(jobs.dueAt, now))),
          step(db.update(pollers).set({ nextRunAt }).where(gt(pollers.nextRunAt, now))),
          ...cache.all().flatMap((one) => subscriptionUpdate(dialect, cache, one.id, earlier(one, byMs, now))),
        ],
      });
      for (const { id } of cache.all()) {
        const numbers = await waiting(id, now);
        for (let from = 0; from < numbers.length; from += BATCH)
          await atomically({ steps: [moved(numbers.slice(from, from + BATCH), byMs, now)] });
      }
    },
  };
}

/** Held subscriptions wait for a moment, and failing ones are judged by another; nothing for one that has neither to come. */
function earlier(subscription: Subscription, byMs: number, now: number): Partial<Subscription> {
  const { holdUntil, failingSince } = subscription;
  if (Math.max(holdUntil ?? 0, failingSince ?? 0) <= now) return {};
  const back = (at: number | null) => (at === null || at <= now ? at : at - byMs);
  return { holdUntil: back(holdUntil), failingSince: back(failingSince), updatedAt: nextVersion(subscription, now) };
}
