import type { TestContext } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { readLog, untilSettled } from "./aftermath.ts";
import { ChangingApi } from "./changing-api.ts";
import { type Fate, Mortal } from "./mortal.ts";
import { type Logged, missed, repeatedWrongly, toldWrongly } from "./verdict.ts";
import { type Manner, Witness } from "./witness.ts";

/** What `max_in_flight` is unless said. */
export const IN_FLIGHT = 10;

/** A provider that changes, a server that dies, and its subscribers. */
export interface Stage {
  api: ChangingApi;
  mortal: Mortal;
  witness: Witness;
}

/** One subscriber, by its path on the witness: how it answers, and the settings of its subscription. */
export interface Subscriber {
  manner?: Manner;
  settings?: JsonObject;
}

/** The three of them; the server does not run yet. All ends with the test. */
export async function stage(
  { onTestFinished }: TestContext,
  subscribers: Record<string, Subscriber> = {},
  env: Record<string, string> = {},
): Promise<Stage> {
  const [api, witness] = await Promise.all([ChangingApi.start(), Witness.start(mannersOf(subscribers))]);
  const mortal = new Mortal(env);
  onTestFinished(async () => {
    await mortal.bury();
    await Promise.all([witness.stop(), api.stop()]);
  });
  return { api, mortal, witness };
}

/** The same with the server in its first life, connected to the provider, the subscriptions made. */
export async function busyStage(
  context: TestContext,
  subscribers: Record<string, Subscriber>,
  { env, fate }: { env?: Record<string, string>; fate?: Fate } = {},
): Promise<Stage> {
  const all = await stage(context, subscribers, env);
  await all.mortal.start(fate);
  await all.mortal.connect(all.api.url);
  for (const [path, { settings }] of Object.entries(subscribers)) {
    const wanted = { url: all.witness.url(path), events: ["notes.*", "rings.*"], max_in_flight: IN_FLIGHT };
    await all.mortal.api("POST", "/v1/subscriptions", { ...wanted, ...settings });
  }
  return all;
}

/**
 * Waits until all is quiet and gives the log, and everything that is wrong: changes that were lost or told twice, webhooks that
 * a subscriber missed, tries that were repeated without need. `sure` are changes beside the provider's own that must be told.
 */
export async function aftermath(
  { api, mortal, witness }: Stage,
  subscribers: readonly string[],
  sure: ReadonlySet<string> = new Set(),
  inFlight: (to: string) => number = () => IN_FLIGHT,
): Promise<{ log: Logged[]; wrong: string[] }> {
  const expected = new Set([...api.changes, ...sure]);
  await untilSettled(mortal, expected.size, witness);
  const log = await readLog(mortal);
  const wrong = [
    ...toldWrongly(expected, log, api.rings),
    ...subscribers.flatMap((to) => missed(to, log, witness.posts)),
    ...repeatedWrongly(witness.posts, inFlight),
  ];
  return { log, wrong };
}

function mannersOf(subscribers: Record<string, Subscriber>): Record<string, Manner> {
  return Object.fromEntries(
    Object.entries(subscribers).flatMap(([path, { manner }]) => (manner ? [[path, manner]] : [])),
  );
}
