import type { PollCommit } from "./acts.ts";
import type { Dialect, Step } from "./dialect.ts";
import { and, eq, sql } from "./drizzle.ts";
import type { ItemSets } from "./item-sets.ts";
import { insertFor, patchStepFor, step, stepFor } from "./steps.ts";

export type PollSteps = ReturnType<typeof pollSteps>;

/** The writes of a sweep: the poller itself, guarded by its version; its items and pages; the line of its history. */
export function pollSteps({ db, tables: { pollers, items, pages, sweeps } }: Dialect, sets: ItemSets) {
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
        cut: excluded("cut"),
      },
    }),
  );
  const dropPage = stepFor<{ pollerId: string; cursor: string }>(
    db
      .delete(pages)
      .where(and(eq(pages.pollerId, sql.placeholder("pollerId")), eq(pages.cursor, sql.placeholder("cursor")))),
  );
  const advance = patchStepFor<{ pollerId: string; expectVersion: number }>((set) =>
    db
      .update(pollers)
      .set(set(pollers))
      .where(and(eq(pollers.id, sql.placeholder("pollerId")), eq(pollers.version, sql.placeholder("expectVersion")))),
  );
  return {
    advance: ({ pollerId, expectVersion, patch }: PollCommit): Step =>
      advance({ ...patch, version: expectVersion + 1 }, { pollerId, expectVersion }),
    steps(act: PollCommit): Step[] {
      const { pollerId, expectVersion, items: writes, sweep, clearItems, pages: read = [], dropPages = [] } = act;
      const name = clearItems ? `${pollerId}:${expectVersion + 1}` : sets.nameOf(pollerId);
      const clear = () => [...sets.renew(pollerId, name), step(db.delete(pages).where(eq(pages.pollerId, pollerId)))];
      return [
        ...(clearItems ? clear() : []),
        ...writes.map((item) => upsertItem({ ...item, pollerId: name })),
        ...read.map((page) => upsertPage({ ...page, pollerId })),
        ...dropPages.map((cursor) => dropPage({ pollerId, cursor })),
        ...(sweep ? [insertSweep(sweep)] : []),
      ];
    },
  };
}
