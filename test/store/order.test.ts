import SqliteClient from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { answerOf, orderOf, plansOf, writtenOf } from "../../src/store/order.ts";
import type { Written } from "../../src/store/writer.ts";

const param = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.constant(null), fc.uint8Array());
const line = fc.record({ sql: fc.constantFrom("A", "B", "C"), params: fc.array(param), skip: fc.nat(3) });
const group = fc.array(fc.array(line));

test("what the thread is sent is what there is to write, whatever it is", () => {
  fc.assert(
    fc.property(group, (plans) => {
      expect(plansOf(structuredClone(orderOf(plans)))).toEqual(plans);
    }),
  );
});

test("what comes back is what became of each plan, of those that failed too", () => {
  const fate = fc.oneof(
    fc.constant(null),
    fc.constant(new SqliteClient.SqliteError("no", "SQLITE_FULL")),
    fc.constant(new Error("mine")),
  );
  const changed = fc.oneof(fc.constant(false as const), fc.nat());
  const plan = fc.array(fc.tuple(line, changed)).chain((lines) => fc.record({ lines: fc.constant(lines), fate }));
  fc.assert(
    fc.property(fc.array(plan), (plans) => {
      const written = plans.map(({ lines, fate: error }): Written => {
        return error ? { error } : { changed: lines.map(([, row]) => row) };
      });
      const sent = plans.map(({ lines }) => lines.map(([one]) => one));
      const back = writtenOf(structuredClone(answerOf(written)), sent);
      expect(back).toEqual(written);
      const codes = (all: Written[]) =>
        all.map((one) => ("error" in one && one.error instanceof SqliteClient.SqliteError ? one.error.code : null));
      expect(codes(back)).toEqual(codes(written));
    }),
  );
});

test("a lock that another process holds is told as SQLite tells it", () => {
  expect(() => writtenOf("locked", [])).toThrow(expect.objectContaining({ code: "SQLITE_BUSY" }) as Error);
});
