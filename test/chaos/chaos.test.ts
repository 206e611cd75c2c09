import { describe, test } from "vitest";
import { fullDisk, heldLock, killOnFullDisk, stops } from "./database.ts";
import { randomKills } from "./kills.ts";
import { killsAtCommits, killsInFanOut, killsInMigration } from "./moments.ts";
import { planOf } from "./plan.ts";
import { killsInRetention } from "./prune.ts";

const { isWhole } = planOf("all");
/** For what hangs: each waits for what is still coming, and not by the clock. */
const TIMEOUT_MS = isWhole ? 900_000 : 60_000;

/** All at once, since each mostly waits: the order is that of how long they take. */
describe.concurrent("a server", { timeout: TIMEOUT_MS }, () => {
  test("killed at random moments loses nothing, tells nothing twice, and keeps orders", randomKills);
  test("killed when half of thousands of subscribers are told tells the others too, under one id", killsInFanOut);
  test(
    "killed just before or after a commit, between a poll's and its send too, tells each change once",
    killsAtCommits,
  );
  test("beside a process that holds the database's lock waits for it, and is the only server", heldLock);
  test("on a full disk sends nothing again that was under way, and goes on by itself when there is room", fullDisk);
  test("killed on a full disk has lost nothing", killOnFullDisk);
  test("asked to stop ends what is under way and sends nothing twice", stops);
  test("killed at any statement of a migration has it done whole or not at all", killsInMigration);
  test("killed while retention prunes leaves nothing without its other half, and what is pending", killsInRetention);
});
