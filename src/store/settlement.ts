import type { Column } from "drizzle-orm";
import type { Attempt, DeliveryStatus } from "../model/delivery.ts";
import type { Lease } from "../model/job.ts";
import type { AttemptCommit } from "./acts.ts";
import type { Dialect } from "./dialect.ts";
import { and, eq, sql } from "./drizzle.ts";
import { stepFor } from "./steps.ts";
import type { FirstTry } from "./tables/telling.ts";

/** A try whose outcome is written. Times are ms since the epoch. */
type SettledTry = AttemptCommit["delivery"] & {
  jobId: number;
  fence: number;
  /** When the try was due. */
  dueAt: number;
  /** The number of the try; none when nothing was tried. */
  number: number | undefined;
  /** 1 when the try itself was asked for. */
  manual: number | undefined;
  /** The first try as its delivery's row keeps it; null for any other. */
  firstTry: string | null;
};

/** Its members are named one by one: an object made of the rest of another costs ten times as much. */
export function settledTry(
  { jobId, fence, dueAt }: Lease,
  { id, status, reason, attempts, triedBefore, nextAttemptAt, updatedAt }: AttemptCommit["delivery"],
  attempt: Attempt | null,
): SettledTry {
  const number = attempt?.number;
  const manual = attempt ? Number(attempt.trigger === "manual") : undefined;
  const firstTry = number === 1 && attempt ? asFirst(attempt) : null;
  const lease = { jobId, fence, dueAt };
  return { id, status, reason, attempts, triedBefore, nextAttemptAt, updatedAt, ...lease, number, manual, firstTry };
}

function asFirst({ id, startedAt, durationMs, class: verdict, status, error, responseBody, trigger }: Attempt): string {
  const kept: FirstTry = { id, startedAt, durationMs, class: verdict, status, error, responseBody, trigger };
  return JSON.stringify(kept);
}

/** What came of a try, while its lease holds; one that was cancelled meanwhile stays so. */
export function settlement({ db, tables: { deliveries } }: Dialect) {
  const { status, fence, manualTry } = deliveries;
  const isCancelled = sql`${status} = 'cancelled'`;
  const unlessCancelled = (column: Column, value: string) =>
    sql`CASE WHEN ${isCancelled} THEN ${column} ELSE ${sql.placeholder(value)} END`;
  // Somebody asked for a try while this one was made: they meant the next.
  const isAsked = sql`${manualTry} = ${sql.placeholder("number")}
    AND (NOT ${sql.placeholder("manual")} OR ${deliveries.nextAttemptAt} <> ${sql.placeholder("dueAt")})`;
  return stepFor<SettledTry>(
    db
      .update(deliveries)
      .set({
        status: unlessCancelled(status, "status"),
        reason: unlessCancelled(deliveries.reason, "reason"),
        attempts: sql`${sql.placeholder("attempts")}`,
        // It may have been sent again since.
        triedBefore: sql`max(coalesce(${sql.placeholder("triedBefore")}, 0), ${deliveries.triedBefore})`,
        nextAttemptAt: sql`CASE WHEN NOT ${isCancelled} THEN ${sql.placeholder("nextAttemptAt")} END`,
        updatedAt: unlessCancelled(deliveries.updatedAt, "updatedAt"),
        fence: sql`${fence} + 1`,
        manualTry: sql`CASE WHEN ${isAsked} THEN ${manualTry} + 1 ELSE ${manualTry} END`,
        firstTry: sql`coalesce(${sql.placeholder("firstTry")}, ${deliveries.firstTry})`,
      })
      .where(and(eq(deliveries.n, sql.placeholder("jobId")), eq(fence, sql.placeholder("fence")))),
  );
}

/** What was asked for while a try was made that failed: the next one at once, as if it were asked for now. */
export function retryAsked({ db, tables: { deliveries } }: Dialect) {
  const { status, attempts, triedBefore } = deliveries;
  return stepFor<{ jobId: number; next: number; updatedAt: number }>(
    db
      .update(deliveries)
      .set({
        status: "pending",
        reason: null,
        triedBefore: sql`CASE WHEN ${status} = 'pending' THEN ${triedBefore} ELSE ${attempts} END`,
        nextAttemptAt: sql`${sql.placeholder("updatedAt")}`,
      })
      .where(
        and(
          eq(deliveries.n, sql.placeholder("jobId")),
          eq(deliveries.manualTry, sql.placeholder("next")),
          sql`${status} <> 'cancelled'`,
        ),
      ),
  );
}

/** Changes nothing, and no row either unless a try left its delivery in that state: it may have been cancelled or retried meanwhile. */
export function stillSo({ db, tables: { deliveries } }: Dialect) {
  const { n, status } = deliveries;
  const isSo = and(eq(n, sql.placeholder("jobId")), eq(status, sql.placeholder("status")));
  return stepFor<{ jobId: number; status: DeliveryStatus }>(
    db
      .update(deliveries)
      .set({ status: sql`${status}` })
      .where(isSo),
  );
}
