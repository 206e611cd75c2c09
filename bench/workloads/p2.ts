import SqliteClient from "better-sqlite3";
import { openSweeper, startSweeping, sweep } from "../sweeps.ts";
import { inTurns, must, type Plan, type Workload } from "../workload.ts";

const FILES = 1_000_000;
const FEW = 1_000;
const MB = 1024 * 1024;

/**
 * P2: the most memory that a process holds while it sweeps a million unchanged files, three times, against the same with a
 * thousand. No row of an item is written: a trigger in the database would have counted it.
 */
export const p2: Workload = async (plan) => {
  const files = plan.quick ? FILES / 10 : FILES;
  const many = await prepare(plan, files);
  const few = await prepare(plan, FEW);
  const rounds = await inTurns(plan, "MB", many.peak, few.peak);
  await Promise.all([many.stop(), few.stop()]);
  return [
    {
      id: "P2",
      what: `memory at its highest, sweeping ${files.toLocaleString("en")} unchanged files; 0 item rows written`,
      against: `sweeping ${FEW.toLocaleString("en")}`,
      unit: "MB",
      target: { addedAtMost: 25 },
      rounds,
    },
  ];
};

async function prepare(plan: Plan, files: number) {
  const { upstream, sweeper, place } = await startSweeping(plan, files);
  await sweeper.ask("close");
  await sweeper.stop();
  inDatabase(place.path, (db) =>
    db.exec(`CREATE TABLE bench_written (key TEXT);
      CREATE TRIGGER bench_inserted AFTER INSERT ON items BEGIN INSERT INTO bench_written VALUES (new.key); END;
      CREATE TRIGGER bench_updated AFTER UPDATE ON items BEGIN INSERT INTO bench_written VALUES (new.key); END;`),
  );
  const peak = async () => {
    const fresh = await openSweeper(place);
    const { peakBytes } = await sweep(fresh, 3, { items: files });
    await fresh.ask("close");
    await fresh.stop();
    const written = inDatabase(place.path, (db) => db.prepare("SELECT count(*) FROM bench_written").pluck().get());
    must(written === 0, `${String(written)} rows of items were written`);
    return { value: peakBytes / MB };
  };
  return { peak, stop: () => upstream.stop() };
}

function inDatabase<T>(path: string, act: (db: SqliteClient.Database) => T): T {
  const db = new SqliteClient(path);
  try {
    return act(db);
  } finally {
    db.close();
  }
}
