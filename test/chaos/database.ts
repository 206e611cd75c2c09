import { setTimeout as rest } from "node:timers/promises";
import SqliteClient from "better-sqlite3";
import type { TestContext } from "vitest";
import { tidewire } from "../support/process.ts";
import type { ChangingApi } from "./changing-api.ts";
import type { Mortal } from "./mortal.ts";
import { type Dice, planOf } from "./plan.ts";
import { aftermath, busyStage, IN_FLIGHT } from "./stage.ts";
import { repeats } from "./verdict.ts";
import type { Witness } from "./witness.ts";

const HOOK = "/hook";

/** So much that the outcome of a try takes pages of its own. */
const ANSWER = "x".repeat(16_000);

/** So slow that work piles up: as many tries are under way at any time as may be. */
function slow(dice: Dice) {
  return { [HOOK]: { manner: () => ({ status: 200, afterMs: dice.between(100, 300), body: ANSWER }) } };
}

/** Changes all the while. */
async function changesFor(ms: number, api: ChangingApi): Promise<void> {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt) {
    for (let n = 0; n < 4; n++) api.create();
    await rest(100);
  }
}

/** Changes until tries are under way. */
async function changesUntilBusy(api: ChangingApi, { posts }: Witness): Promise<void> {
  while (posts.length < 2 * IN_FLIGHT) await changesFor(100, api);
}

/** Changes until the server has met its full disk, and for a while more. */
async function changesOnFullDisk(ms: number, api: ChangingApi, mortal: Mortal): Promise<void> {
  while (!mortal.process.err.includes("database_full")) await changesFor(100, api);
  await changesFor(ms, api);
}

/** Fills the disk of the server, or makes room again. */
async function fill(mortal: Mortal, says: RegExp): Promise<void> {
  mortal.process.out = "";
  process.kill(mortal.process.pid, "SIGUSR2");
  await mortal.process.until(says);
}

/** On a full disk nothing is sent again that was under way, and all goes on by itself when there is room. */
export async function fullDisk(context: TestContext): Promise<void> {
  const { isWhole, dice } = planOf("full disk");
  const all = await busyStage(context, slow(dice), { fate: { preload: "full-disk" } });
  const { api, witness, mortal } = all;
  await changesUntilBusy(api, witness);
  await fill(mortal, /the disk is full/);
  await changesOnFullDisk(isWhole ? 15_000 : 300, api, mortal);
  await fill(mortal, /there is room again/);
  context.expect((await aftermath(all, [HOOK])).wrong).toEqual([]);
  context.expect(repeats(witness.posts)).toBe(0);
}

/** Killed on a full disk, with outcomes that could not be written: nothing is lost. */
export async function killOnFullDisk(context: TestContext): Promise<void> {
  const { dice } = planOf("kill on a full disk");
  const all = await busyStage(context, slow(dice), { fate: { preload: "full-disk" } });
  const { api, witness, mortal } = all;
  await changesUntilBusy(api, witness);
  await fill(mortal, /the disk is full/);
  await changesOnFullDisk(300, api, mortal);
  await mortal.end();
  await witness.nextLife();
  await mortal.start();
  context.expect((await aftermath(all, [HOOK])).wrong).toEqual([]);
}

/** Another process holds the database's lock for a while, and a third wants to be the server: neither has its way. */
export async function heldLock(context: TestContext): Promise<void> {
  const { isWhole, dice } = planOf("lock");
  const all = await busyStage(context, slow(dice));
  const { api, witness, mortal } = all;
  const other = new SqliteClient(mortal.path, { timeout: 5_000 });
  context.onTestFinished(() => void other.close());
  await changesUntilBusy(api, witness);
  // Longer than a write waits, in the whole form: then outcomes are held.
  for (const heldMs of isWhole ? [500, 8_000, 3_000] : [1_000]) {
    other.exec("BEGIN IMMEDIATE");
    await changesFor(heldMs, api);
    other.exec("COMMIT");
    await changesFor(200, api);
  }
  const second = await tidewire(["serve"], mortal.env);
  context.expect(second).toMatchObject({ code: 1, out: "" });
  context.expect(second.err).toMatch(/^database_locked: /);
  context.expect((await aftermath(all, [HOOK])).wrong).toEqual([]);
  context.expect(repeats(witness.posts)).toBe(0);
}

/** SIGTERM in the midst of it: what is under way is ended, nothing is sent twice, and the next process goes on. */
export async function stops(context: TestContext): Promise<void> {
  const { isWhole, dice } = planOf("SIGTERM");
  const all = await busyStage(context, slow(dice));
  const { api, witness, mortal } = all;
  for (let stops = isWhole ? 5 : 1; stops > 0; stops--) {
    await changesUntilBusy(api, witness);
    await changesFor(dice.between(0, 1_000), api);
    context.expect(await mortal.end("SIGTERM")).toMatchObject({ code: 0 });
    await witness.nextLife();
    await mortal.start();
  }
  context.expect((await aftermath(all, [HOOK])).wrong).toEqual([]);
  context.expect(repeats(witness.posts)).toBe(0);
}
