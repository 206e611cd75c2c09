import type { IdempotencyRecord } from "../../model/idempotency.ts";
import type { IdempotencyStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { and, eq, inArray, lt, sql } from "../drizzle.ts";
import { step } from "../steps.ts";

/** Remembered writes. One statement takes an id, so that of two requests at once only one begins. */
export function idempotencyQueries({ db, tables: { idempotency }, atomically }: Dialect): IdempotencyStore {
  const byId = db
    .select()
    .from(idempotency)
    .where(eq(idempotency.id, sql.placeholder("id")))
    .prepare();

  const begin = async (record: IdempotencyRecord, freshAfter: number): Promise<IdempotencyRecord | null> => {
    const take = db
      .insert(idempotency)
      .values(record)
      .onConflictDoUpdate({ target: idempotency.id, set: record, setWhere: lt(idempotency.createdAt, freshAfter) });
    const { result } = await atomically({ guard: step(take), steps: [] });
    if (result === "committed") return null;
    const [taken] = await byId.execute({ id: record.id });
    return taken ?? begin(record, freshAfter); // forgotten between the two
  };

  return {
    begin,
    async finish(id, sealedAnswer) {
      const done = { state: "done", sealedAnswer } as const;
      await atomically({ steps: [step(db.update(idempotency).set(done).where(eq(idempotency.id, id)))] });
    },
    async forget(id) {
      await atomically({ steps: [step(db.delete(idempotency).where(eq(idempotency.id, id)))] });
    },
    async prune(before, limit) {
      const old = await db
        .select({ id: idempotency.id })
        .from(idempotency)
        .where(lt(idempotency.createdAt, before))
        .limit(limit);
      const ids = old.map((row) => row.id);
      const stillOld = and(inArray(idempotency.id, ids), lt(idempotency.createdAt, before));
      if (ids.length > 0) await atomically({ steps: [step(db.delete(idempotency).where(stillOld))] });
      return ids.length;
    },
  };
}
