import { openSqliteStore } from "../../src/store/sqlite.ts";
import { aSubscription, told } from "./store-rows.ts";

/**
 * A process that holds the database named by its argument and commits events until it is killed; each one's number is
 * printed, as a line, once its commit has resolved.
 */
const store = await openSqliteStore({ path: process.argv[2] as string });
await store.subscriptions.create(aSubscription("sub_1"));
for (let n = 1; ; n++) {
  await store.commitEvents({ told: [told(n)], deliveries: [], jobs: [] });
  process.stdout.write(`${n}\n`);
}
