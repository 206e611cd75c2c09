import type { Json, JsonObject } from "../../kernel/json.ts";
import type { Scope } from "../../model/actor.ts";
import type { AsyncRun } from "../../model/async-run.ts";
import type { Kit } from "./kit.ts";

/** Operations that run without their callers waiting. */
export function running({ sql, table, text, int, json, serial, unique, index }: Kit) {
  const runs = table(
    "runs",
    {
      n: serial(),
      id: text().notNull(),
      owner: text().notNull(),
      scope: text<Scope>().notNull(),
      connector: text().notNull(),
      operation: text().notNull(),
      connectionId: text().notNull(),
      connection: text().notNull(),
      fields: text<AsyncRun["fields"]>().notNull(),
      state: text<AsyncRun["state"]>().notNull(),
      phase: text<AsyncRun["phase"]>().notNull(),
      underWay: text<"call" | "cancel">(),
      cancel: text<"asked" | "accepted" | "refused">(),
      recordKey: text(),
      progress: json<Json>(),
      replay: json<AsyncRun["replay"]>(),
      error: json<JsonObject>(),
      failures: int().notNull(),
      missing: int().notNull().default(0),
      version: int().notNull(),
      createdAt: int().notNull(),
      answeredAt: int(),
      updatedAt: int().notNull(),
      finishedAt: int(),
      sealedRequest: text(),
      sealedAnswer: text(),
    },
    (t) => [
      unique("runs_id").on(t.id),
      index("runs_owner").on(t.owner, t.n),
      index("runs_finished").on(t.finishedAt).where(sql`${t.finishedAt} IS NOT NULL`),
    ],
  );
  return { runs };
}
