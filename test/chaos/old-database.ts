import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVault } from "../../src/kernel/vault.ts";
import { MIGRATIONS, migrateSqlite } from "../../src/store/migrate.ts";
import { openClient } from "../../src/store/sqlite-client.ts";
import { sqliteDialect } from "../../src/store/sqlite-dialect.ts";

interface OldDatabase {
  path: string;
  /** Of the server that will open it. */
  vaultKey: string;
  /** Where its deliveries go. */
  url: string;
  pending: number;
}

/** A database as the first version of the tables left it: one subscription, and deliveries to it that are due. */
export function makeOldDatabase({ path, vaultKey, url, pending }: OldDatabase): void {
  const client = openClient(path);
  const folder = firstMigration();
  migrateSqlite(sqliteDialect(client).db, folder, path);
  rmSync(folder, { recursive: true });
  const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  const secrets = JSON.stringify([{ sealed: createVault([vaultKey]).seal(secret, "sub_1"), until: null }]);
  client
    .prepare(
      `INSERT INTO subscriptions (id, owner, url, events, format, secrets, header_names, max_in_flight, timeout_ms, status,
        consecutive_failures, warned, tags, created_at, updated_at)
       VALUES ('sub_1', 'key_root', ?, '["notes.*"]', 'standard', ?, '[]', 10, 15000, 'active', 0, 0, '[]', 1, 1)`,
    )
    .run(url, secrets);
  const numbers = `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${pending})`;
  client.exec(`
    INSERT INTO events (id, type, timestamp, connector, connection_id, connection, resource, dedupe_key, data)
      ${numbers} SELECT 'evt_' || n, 'notes.created', unixepoch() * 1000, 'notes', 'con_1', 'default', 'notes', 'k' || n,
        json_object('id', 'n' || n, 'revision', 0) FROM s;
    INSERT INTO deliveries (id, event_id, event_type, subscription_id, owner, status, attempts, next_attempt_at, created_at, updated_at)
      ${numbers} SELECT 'dlv_' || n, 'evt_' || n, 'notes.created', 'sub_1', 'key_root', 'pending', 0, 1, 1, 1 FROM s;
    INSERT INTO jobs (queue, group_key, key, due_at, payload)
      ${numbers} SELECT 'deliver', 'sub_1', 'dlv_' || n, 1, json_quote('dlv_' || n) FROM s;`);
  client.close();
}

/** A folder with the first of the migrations alone. */
function firstMigration(): string {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-migrations-"));
  cpSync(MIGRATIONS, folder, { recursive: true });
  const file = join(folder, "meta/_journal.json");
  const journal = JSON.parse(readFileSync(file, "utf8")) as { entries: unknown[] };
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, 1) }));
  return folder;
}
