import type { Page, PageRequest } from "../kernel/page.ts";
import type { Attempt, Delivery, DeliveryStatus } from "../model/delivery.ts";
import type { StoredEvent } from "../model/event.ts";
import type { Resend } from "./acts.ts";

export interface DeliveryFilter {
  status?: DeliveryStatus;
  subscriptionId?: string;
  /** Subscription ids of one owner; null = all. */
  owner: string | null;
  eventId?: string;
  /** Event patterns; none = all types. */
  types?: readonly string[];
  since?: number;
  until?: number;
}

/** The deliveries of a subscription that came to one of some ends. */
export interface EndedFilter {
  subscriptionId: string;
  statuses: readonly DeliveryStatus[];
  /** Event patterns; null = all types. */
  types: readonly string[] | null;
  /** Made at or after this time, and before that one. */
  since: number | null;
  until: number;
}

/** What a subscription missed: what was skipped and, if a failure had it disabled, that and all others that failed of what was made since. */
export interface Missed {
  statuses: ("skipped" | "failed")[];
  /** When the first of those that were skipped, or whose failure had it disabled, was made. */
  first: number;
  /** How many with these statuses were made since. */
  count: number;
}

/** A delivery on its way to its worker. */
export interface DueDelivery {
  delivery: Delivery;
  event: StoredEvent;
  /** The number of the try that a person asked for; null when nobody did. */
  manualTry: number | null;
}

/** Told of deliveries that came to an end. */
export type Ended = (status: DeliveryStatus, count: number) => void;

/**
 * A delivery that has a next attempt is a job of the queue `deliver`, due then, in the group of its subscription's id; the job's
 * payload is the number that `load` takes.
 */
export interface DeliveryStore {
  /** Newest first. */
  list(page: PageRequest & DeliveryFilter): Promise<Page<Delivery>>;
  /** `owner`: only when it is that owner's; null or none = whoever's. */
  get(id: string, owner?: string | null): Promise<Delivery | null>;
  count(filter: DeliveryFilter): Promise<number>;
  /** How many of a subscription's are pending behind another of their lane; no more than `most` are counted. */
  behind(subscriptionId: string, most: number): Promise<number>;
  /** Oldest first. */
  ended(page: PageRequest & EndedFilter): Promise<Page<Delivery>>;
  /** What a subscription missed by what came to its end at or after a time; null for nothing. */
  missed(subscriptionId: string, since: number): Promise<Missed | null>;
  /** The deliveries of these events to one subscription, by the event's id. */
  ofEvents(subscriptionId: string, eventIds: readonly string[]): Promise<Map<string, Delivery>>;
  attempts(deliveryId: string): Promise<Attempt[]>;
  /** One that was made a moment ago and goes out at once, by its job's payload: the first who asks need not load it. */
  justMade(number: number): DueDelivery | undefined;
  /** Many at once with their events, for the workers: by the payloads of their jobs. */
  load(numbers: number[]): Promise<Map<number, DueDelivery>>;
  /** Makes a delivery due now, whatever its state, because a person asked for it. `not_found` when there is none. */
  retry(delivery: Pick<Delivery, "id" | "subscriptionId">, now: number): Promise<Delivery>;
  /** Sends them; those that changed since they were read are left alone. Gives how many went. */
  resend(resends: readonly Resend[]): Promise<number>;
  /** Cancels a pending one: a try under way is kept when it ends, and changes nothing else. Any other is left as it is. */
  cancel(id: string, now: number): Promise<Delivery | null>;
  /** Called after each commit that ended some without a try: skipped when they were made, or cancelled. */
  onEnded(listener: Ended): void;
  counts(): Promise<Record<DeliveryStatus, number>>;
}
