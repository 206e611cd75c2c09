import { setTimeout as rest } from "node:timers/promises";
import type { TestContext } from "vitest";
import { readLog, untilSettled } from "./aftermath.ts";
import type { ChangingApi } from "./changing-api.ts";
import type { Mortal } from "./mortal.ts";
import { makeOldDatabase } from "./old-database.ts";
import { planOf } from "./plan.ts";
import { aftermath, busyStage, IN_FLIGHT, stage } from "./stage.ts";
import { makeSubscribers } from "./subscribers.ts";
import { missed, repeatedWrongly, repeats, toldWrongly } from "./verdict.ts";

const HOOK = "/hook";
/** Tries under way at once, of all subscriptions together. */
const MOST_IN_FLIGHT = 512;

/** Killed just before or just after a commit, between a poll's and its send too: each change is told once. */
export async function killsAtCommits(context: TestContext): Promise<void> {
  const { isWhole, dice } = planOf("commits");
  const all = await busyStage(context, { [HOOK]: {} });
  const { api, witness, mortal } = all;
  const deaths = isWhole
    ? Array.from({ length: 15 }, (_, n) => [`after:${n + 1}`, `before:${n + 1}`]).flat()
    : ["after:3", "before:5"];
  for (const death of deaths) {
    await mortal.end();
    await witness.nextLife();
    mortal.spawn({ preload: "die-at", env: { DIE_AT: `${death}:^COMMIT` } });
    await changeUntilDead(api, mortal, dice.between(1, 5));
  }
  await witness.nextLife();
  await mortal.start();
  context.expect((await aftermath(all, [HOOK])).wrong).toEqual([]);
}

/** Killed at any statement of a migration: it is done whole or not at all, and what was pending goes out. */
export async function killsInMigration(context: TestContext): Promise<void> {
  const { isWhole } = planOf("migration");
  const { witness, mortal } = await stage(context);
  const pending = isWhole ? 2_000 : 200;
  const vaultKey = String(mortal.env.TIDEWIRE_VAULT_KEY);
  makeOldDatabase({ path: mortal.path, vaultKey, url: witness.url(HOOK), pending });
  const deaths = await dieAtEach(mortal, isWhole ? 1 : 50);
  context.expect(deaths).toBeGreaterThan(0);
  await witness.nextLife();
  await mortal.start();
  await untilSettled(mortal, pending, witness);
  const log = await readLog(mortal);
  context.expect(log).toHaveLength(pending);
  context.expect(missed(HOOK, log, witness.posts)).toEqual([]);
  context.expect(repeatedWrongly(witness.posts, () => IN_FLIGHT)).toEqual([]);
}

/** Killed when half of thousands of subscribers are told of an event: the others are told too, under one id. */
export async function killsInFanOut(context: TestContext): Promise<void> {
  const { isWhole } = planOf("fan-out");
  const subscribers = isWhole ? 5_000 : 1_500;
  const { api, witness, mortal } = await stage(context);
  await makeSubscribers(mortal, subscribers, (n) => witness.url(`/s/${n}`));
  await mortal.start();
  await mortal.connect(api.url);
  for (const told of isWhole ? [1, 999, 1_001, 2_500, 4_999, 5_000] : [1_250]) {
    await mortal.end();
    await witness.nextLife();
    mortal.spawn({ preload: "die-at", env: { DIE_AT: `after:${told}:^insert into "deliveries"` } });
    await changeUntilDead(api, mortal, 1);
    await witness.nextLife();
    await mortal.start();
    await untilSettled(mortal, api.changes.size, witness);
  }
  context.expect(toldWrongly(api.changes, await readLog(mortal))).toEqual([]);
  const taken = new Set(witness.posts.map(({ to, id }) => `${to} ${id}`));
  context.expect(taken.size).toBe(subscribers * api.changes.size);
  context.expect(repeatedWrongly(witness.posts, () => IN_FLIGHT)).toEqual([]);
  context.expect(repeats(witness.posts)).toBeLessThanOrEqual(MOST_IN_FLIGHT * api.changes.size);
}

/** Something to tell at each look, so that there are commits to die at. */
async function changeUntilDead(api: ChangingApi, mortal: Mortal, atOnce: number): Promise<void> {
  let isDead = false;
  const ended = mortal.process.ended.then(() => (isDead = true));
  while (!isDead) {
    for (let n = 0; n < atOnce; n++) api.create();
    await Promise.race([ended, rest(1_000)]);
  }
}

/**
 * Starts it again and again, to die before each (or each so many) of the statements that change tables, until one survives its
 * start; that one is killed too. How many died.
 */
async function dieAtEach(mortal: Mortal, every: number): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    const fate = `before:${2 + deaths * every}:^\\s*(CREATE|ALTER|UPDATE|DELETE|INSERT|DROP|COMMIT)`;
    mortal.spawn({ preload: "die-at", env: { DIE_AT: fate } });
    const isReady = await mortal.ready().then(
      () => true,
      () => false,
    );
    await mortal.end();
    if (isReady) return deaths;
  }
}
