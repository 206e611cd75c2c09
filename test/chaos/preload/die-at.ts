import SqliteClient from "better-sqlite3";
import { intoThreads } from "./into-threads.ts";

intoThreads(import.meta.url);

/**
 * Loaded before the product, it ends the process as `kill -9` does, at an exact place: just before or just after the nth
 * statement that one of its threads runs and whose text matches. `DIE_AT` is `before:<n>:<pattern>` or `after:<n>:<pattern>`.
 */
const [side, count, ...pattern] = (process.env.DIE_AT ?? "").split(":");
const matching = new RegExp(pattern.join(":"));
let left = Number(count);

const { prepare } = SqliteClient.prototype;
SqliteClient.prototype.prepare = function (this: SqliteClient.Database, source: string) {
  const statement = prepare.call(this, source);
  if (!matching.test(source)) return statement;
  const run = statement.run.bind(statement) as (...values: unknown[]) => SqliteClient.RunResult;
  statement.run = (...values: unknown[]) => {
    const isTheOne = --left === 0;
    if (isTheOne && side === "before") process.kill(process.pid, "SIGKILL");
    const result = run(...values);
    if (isTheOne) process.kill(process.pid, "SIGKILL");
    return result;
  };
  return statement;
} as typeof prepare;
