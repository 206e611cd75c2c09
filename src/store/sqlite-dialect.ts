import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Database as Client } from "better-sqlite3";
import type { Clock } from "../kernel/clock.ts";
import type { DatabaseSize } from "./contract.ts";
import type { Dialect } from "./dialect.ts";
import { drizzle } from "./drizzle.ts";
import { GroupCommit } from "./group-commit.ts";
import { RemoteWriter } from "./remote-writer.ts";
import { PAGE_SIZE } from "./sqlite-client.ts";
import { sqliteTables } from "./sqlite-tables.ts";

/** SQLite as the store needs it. Closing it closes the client and then calls `closed`; `clock` is for waiting on a lock. */
export function sqliteDialect(client: Client, closed: () => void = () => {}, clock?: Clock): Dialect {
  const startThread = client.memory ? undefined : () => RemoteWriter.start(client.name);
  const commits = new GroupCommit(client, clock, startThread);
  return {
    db: drizzle({ client, casing: "snake_case" }),
    tables: sqliteTables,
    atomically: (plan) => commits.add(plan),
    size: () => sizeOf(client),
    trouble: () => commits.trouble,
    async close() {
      await commits.close();
      client.close();
      closed();
    },
  };
}

async function sizeOf(client: Client): Promise<DatabaseSize> {
  if (client.memory) {
    const pages = client.pragma("page_count", { simple: true });
    return { database: Number(pages) * PAGE_SIZE, log: 0, free: null };
  }
  const bytesOf = async (file: string) => (await stat(file).catch(() => null))?.size ?? 0;
  const [database, log, disk] = await Promise.all([
    bytesOf(client.name),
    bytesOf(`${client.name}-wal`),
    statfs(dirname(client.name)),
  ]);
  return { database, log, free: disk.bavail * disk.bsize };
}
