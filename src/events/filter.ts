import type { Json, JsonObject } from "../kernel/json.ts";
import { compilePredicate, type Predicate } from "../manifest/predicate.ts";
import type { Subscription } from "../model/subscription.ts";

type Check = ReturnType<typeof compilePredicate>;

/** By the filter itself: it stays the same object from one version of a subscription to the next, until another is given. */
const compiled = new WeakMap<JsonObject, Check>();

/** True when an event's body is what the subscription's filter asks for; `at` (ms since the epoch) is what "now" means in it. */
export function passes({ filter }: Pick<Subscription, "filter">, body: () => Json, at: number): boolean {
  if (filter === null) return true;
  let check = compiled.get(filter);
  if (check === undefined) {
    check = compilePredicate(filter as Predicate); // checked when it was given
    compiled.set(filter, check);
  }
  return check(body(), at);
}
