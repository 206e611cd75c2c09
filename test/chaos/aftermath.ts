import { setTimeout as rest } from "node:timers/promises";
import type { JsonObject } from "../../src/kernel/json.ts";
import { changeOf, type ToldChange } from "./changing-api.ts";
import type { Mortal } from "./mortal.ts";
import type { Logged } from "./verdict.ts";
import type { Witness } from "./witness.ts";

const LOOK_MS = 200;
/** Longer than any wait between two tries, or two looks at the provider. */
const STUCK_MS = 10_000;
const OPEN = ["pending", "failed", "skipped", "cancelled"];

/** The whole log of events, in the order of their commits. */
export async function readLog(mortal: Mortal): Promise<Logged[]> {
  const log: Logged[] = [];
  let cursor = "";
  do {
    const page = await mortal.api("GET", `/v1/events?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    for (const event of page.result as (JsonObject & ToldChange & { id: string })[]) {
      log.push({ id: event.id, change: changeOf(event) });
    }
    cursor = (page.next_cursor ?? "") as string;
  } while (cursor !== "");
  return log.reverse();
}

/**
 * Waits until at least `events` are told and every delivery is delivered. Throws with what is left when nothing has come for
 * a while: then something is lost or stuck.
 */
export async function untilSettled(mortal: Mortal, events: number, witness: Witness): Promise<void> {
  let posts = witness.posts.length;
  let movedAt = performance.now();
  for (;;) {
    const told = (await readLog(mortal)).length;
    const open = await openDeliveries(mortal);
    if (told >= events && open.length === 0) return;
    if (witness.posts.length > posts) {
      posts = witness.posts.length;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > STUCK_MS) {
      throw new Error(`${told} of ${events} events were told, and these are not delivered: ${JSON.stringify(open)}`);
    }
    await rest(LOOK_MS);
  }
}

/** Some of the deliveries that are not delivered. */
async function openDeliveries(mortal: Mortal): Promise<JsonObject[]> {
  const pages = await Promise.all(OPEN.map((status) => mortal.api("GET", `/v1/deliveries?status=${status}&limit=5`)));
  return pages.flatMap(({ result }) => result as JsonObject[]);
}
