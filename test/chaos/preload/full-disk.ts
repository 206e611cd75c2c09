import { BroadcastChannel, isMainThread } from "node:worker_threads";
import SqliteClient from "better-sqlite3";
import { intoThreads } from "./into-threads.ts";

/**
 * Loaded before the product, it fills its disk at one SIGUSR2 and makes room again at the next: SQLite itself may then add no
 * page to any database of the process, and says so (SQLITE_FULL) as it does of a disk. SQLite counts for each connection, and
 * signals reach the main thread alone, so that it tells the others: a thread that writes would else have all the room.
 */
const clients = new Set<SqliteClient.Database>();
const { pragma } = SqliteClient.prototype;
SqliteClient.prototype.pragma = function (this: SqliteClient.Database, ...asked: Parameters<typeof pragma>) {
  clients.add(this);
  return pragma.apply(this, asked);
};

const ROOM = 2 ** 31 - 2;
const ASKED = "is it full?";
let isFull = false;

function fill(full: boolean): void {
  isFull = full;
  for (const client of clients) {
    if (!client.open || client.readonly) continue;
    const pages = isFull ? Number(client.pragma("page_count", { simple: true })) : ROOM;
    client.pragma(`max_page_count = ${pages}`);
  }
}

intoThreads(import.meta.url);
const threads = new BroadcastChannel("full-disk");
threads.unref();
if (isMainThread) {
  threads.onmessage = () => threads.postMessage(isFull);
  process.on("SIGUSR2", () => {
    fill(!isFull);
    threads.postMessage(isFull);
    process.stdout.write(isFull ? "the disk is full\n" : "there is room again\n");
  });
} else {
  threads.onmessage = ({ data }) => {
    if (data !== ASKED) fill(data === true);
  };
  threads.postMessage(ASKED);
}
