import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { systemClock } from "../../src/kernel/clock.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { aSubscription, told } from "./store-rows.ts";

/**
 * A process that holds the database named by its argument and commits events until it is killed; each one's number is
 * printed, as a line, once its commit has resolved. With `thread` as its second argument a thread writes: by the clock of
 * its store it is busy at once.
 */
const [, , path = "", where] = process.argv;
let at = 0;
const hurried = { ...systemClock, now: () => (at += 250) };
const started = new Promise<Worker>((resolve) => process.once("worker", resolve));
const store = await openSqliteStore({ path, clock: where === "thread" ? hurried : systemClock });
await store.subscriptions.create(aSubscription("sub_1"));
if (where === "thread") await once(await started, "message");
for (let n = 1; ; n++) {
  await store.commitEvents({ told: [told(n)], deliveries: [], jobs: [] });
  process.stdout.write(`${n}\n`);
}
