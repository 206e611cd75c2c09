import { nextVersion } from "../model/subscription.ts";
import type { Judgement, ToldEvent } from "../store/acts.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Settlement } from "./settle.ts";

const NOTHING = () => {};

/** Gives the endpoint its new health at once, so that the next is judged by it. To be told when that is stored, or cannot be. */
export function judgedAs(judged: Endpoint | null, settlement: Settlement): () => void {
  if (judged === null || settlement.health === null || settlement.subscription === null) return NOTHING;
  judged.health = settlement.health;
  judged.unstored++;
  return () => judged.unstored--;
}

/** What the try says of the subscription, as the endpoint that was tried; nothing when it changes nothing. */
export function judgementOf(
  judged: Endpoint | null,
  { subscription: patch }: Settlement,
  told: ToldEvent[],
): { subscription?: Judgement } {
  if (judged === null || patch === null) return {};
  const { subscription: tried } = judged;
  const updatedAt = patch.updatedAt && nextVersion(tried, patch.updatedAt);
  return { subscription: { id: tried.id, tried, patch: { ...patch, updatedAt }, told } };
}
