import SqliteClient from "better-sqlite3";

/**
 * Loaded before the product, it fills its disk at one SIGUSR2 and makes room again at the next: SQLite itself may then add no
 * page to any database of the process, and says so (SQLITE_FULL) as it does of a disk.
 */
const clients = new Set<SqliteClient.Database>();
const { pragma } = SqliteClient.prototype;
SqliteClient.prototype.pragma = function (this: SqliteClient.Database, ...asked: Parameters<typeof pragma>) {
  clients.add(this);
  return pragma.apply(this, asked);
};

const ROOM = 2 ** 31 - 2;
let isFull = false;
process.on("SIGUSR2", () => {
  isFull = !isFull;
  for (const client of clients) {
    if (!client.open || client.readonly) continue;
    const pages = isFull ? Number(client.pragma("page_count", { simple: true })) : ROOM;
    client.pragma(`max_page_count = ${pages}`);
  }
  process.stdout.write(isFull ? "the disk is full\n" : "there is room again\n");
});
