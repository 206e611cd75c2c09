import { setTimeout as rest } from "node:timers/promises";
import type { TestContext } from "vitest";
import { type ChangingApi, changeOf, type ToldChange } from "./changing-api.ts";
import type { Mortal } from "./mortal.ts";
import { type Dice, planOf } from "./plan.ts";
import { aftermath, busyStage, IN_FLIGHT, type Subscriber } from "./stage.ts";
import { outOfOrder, repeats } from "./verdict.ts";

/** Each event goes to all of them. */
function subscribersOf(dice: Dice): Record<string, Subscriber> {
  const moody = () => {
    const chance = dice.next();
    if (chance < 0.01) return { status: 429, headers: { "retry-after": "1" } };
    return { status: chance < 0.2 ? 500 : 204, afterMs: dice.between(0, 30) };
  };
  return {
    "/plain": {},
    "/slow": { manner: () => ({ status: 204, afterMs: dice.between(0, 300) }) },
    "/moody": { manner: moody },
    "/ordered": { manner: () => ({ status: dice.next() < 0.02 ? 500 : 204 }), settings: { ordered: true } },
    "/keyed": { manner: () => ({ status: dice.next() < 0.1 ? 503 : 204 }), settings: { ordering_key: "data.id" } },
  };
}

/** `kill -9` at random moments, while the provider changes, callers call, and subscribers are slow, moody and in order. */
export async function randomKills(context: TestContext): Promise<void> {
  const { expect } = context;
  const { isWhole, dice, seed } = planOf("kills");
  // Some kills fall into the start, which takes half a second.
  const { kills, changes, longestLifeMs } = isWhole
    ? { kills: 40, changes: 2_000, longestLifeMs: 2_500 }
    : { kills: 3, changes: 90, longestLifeMs: 1_200 };
  const subscribers = subscribersOf(dice);
  const all = await busyStage(context, subscribers, { env: { TIDEWIRE_RETRY_SCHEDULE: `0s${",1s".repeat(29)}` } });
  const { api, witness, mortal } = all;
  witness.onTaken = ({ to, change }) => to === "/plain" && api.noteTold(change);
  const acknowledged = new Set<string>();
  for (let kill = 0; kill < kills; kill++) {
    const livesFor = dice.between(0, longestLifeMs);
    const calls = ringUntilDead(mortal, acknowledged);
    await Promise.all([rest(livesFor), changeAtTimes(api, dice, changes / kills, livesFor)]);
    await mortal.end();
    await calls;
    await witness.nextLife();
    mortal.spawn();
  }
  await mortal.ready();
  const inFlight = (to: string) => (to === "/ordered" ? 1 : IN_FLIGHT);
  const { log, wrong } = await aftermath(all, Object.keys(subscribers), acknowledged, inFlight);
  const deliveries = log.length * Object.keys(subscribers).length;
  console.log(`${kills} kills, ${deliveries} deliveries, ${repeats(witness.posts)} posts repeated; seed ${seed}`);
  expect(wrong).toEqual([]);
  expect(outOfOrder("/ordered", log, witness.posts)).toEqual([]);
  expect(outOfOrder("/keyed", log, witness.posts, ({ change }) => change.split(" ")[1] ?? "")).toEqual([]);
  if (isWhole) expect(deliveries).toBeGreaterThanOrEqual(10_000);
}

/** Changes come in bursts, at random moments of a life. */
async function changeAtTimes(api: ChangingApi, dice: Dice, count: number, withinMs: number): Promise<void> {
  const bursts = dice.between(1, 4);
  for (let burst = 0; burst < bursts; burst++) {
    await rest((dice.next() * withinMs) / bursts);
    for (let n = 0; n < count / bursts; n++) api.change(dice);
  }
}

/** Calls an operation again and again, from when the server is ready until it dies; keeps what it was told is done. */
async function ringUntilDead(mortal: Mortal, acknowledged: Set<string>): Promise<void> {
  const isReady = await mortal.ready().then(
    () => true,
    () => false,
  );
  while (isReady) {
    const answer = await mortal.api("POST", "/v1/connectors/notes/operations/rings.create", {}).catch(() => null);
    if (answer === null) return;
    acknowledged.add(changeOf({ type: "rings.created", data: answer.result as ToldChange["data"] }));
    await rest(50);
  }
}
