import { createHash } from "node:crypto";
import { canonicalJson, type Json, type JsonObject } from "../kernel/json.ts";
import { compileSelector } from "../manifest/select.ts";
import type { Subscription } from "../model/subscription.ts";

/** A value that is longer stands as its hash: a lane is a column of an index. */
const LONGEST = 100;

/**
 * The lane of an event's delivery to a subscription: deliveries of one lane go out one at a time, in the order of their
 * commits. One lane for all events, or one for each value of the ordering key, those that lack it having one too; null when
 * no order was asked for. `body` gives the event as a webhook has it.
 */
export function laneOf({ ordered, orderingKey }: Subscription, body: () => JsonObject): string | null {
  if (!ordered) return null;
  if (orderingKey === null) return "";
  const value: Json = compileSelector(orderingKey)(body()) ?? null;
  const text = canonicalJson(value);
  return text.length <= LONGEST ? text : createHash("sha256").update(text).digest("hex");
}
