import type { StoredRun } from "../model/async-run.ts";
import type { Attempt, Delivery, DeliveryStatus } from "../model/delivery.ts";
import type { NewEvent, StoredEvent } from "../model/event.ts";
import type { Lease, NewJob } from "../model/job.ts";
import type { StoredItem, StoredPage, StoredPoller, Sweep } from "../model/poller.ts";
import type { EndpointMark, Subscription } from "../model/subscription.ts";

/** Where a step of the retention came to, in the order of events' times. */
export interface PrunePlace {
  timestamp: number;
  seq: number;
}

export interface Pruned {
  /** Events that went. */
  events: number;
  /** Where the next step goes on; null when nothing old is left but what is pending. */
  next: PrunePlace | null;
}

/** `stale`: another commit came first, nothing of this one was written. */
export type CommitResult = "committed" | "stale";

/** An event with the deliveries and the job for the rest of them that its fan-out planned. Told once: a known dedupe key writes none of it. */
export interface ToldEvent {
  event: NewEvent;
  deliveries: Delivery[];
  jobs: NewJob[];
}

export interface ItemWrite extends Omit<StoredItem, "n"> {}

export interface PollCommit {
  pollerId: string;
  /** The version this was planned on; the commit moves it on by one. */
  expectVersion: number;
  patch: Partial<Omit<StoredPoller, "id" | "version">>;
  /** Inserted or replaced by key. */
  items: ItemWrite[];
  told: ToldEvent[];
  sweep?: Sweep;
  /** Pages as they were read, inserted or replaced by cursor. */
  pages?: StoredPage[];
  /** Cursors of pages that are not part of the listing any more. */
  dropPages?: string[];
  /** True drops all items and pages first (reset, changed key). */
  clearItems?: boolean;
}

export interface EventCommit {
  told: ToldEvent[];
  /** Further deliveries of events that are stored already (a chunk of a wide fan-out). */
  deliveries: Delivery[];
  /** The event of all of those: with it they need not be read back before they are sent. */
  event?: StoredEvent;
  jobs: NewJob[];
  /** The job this commit finishes; if its fence moved on, nothing is written. */
  lease?: Lease;
  /** True: they tell what was done outside and cannot be undone, so a patient store holds them until they can be written. */
  isOutcome?: true;
}

export interface AttemptCommit {
  /** The job of the attempt: ended, or due again at the delivery's `nextAttemptAt`. */
  lease: Lease;
  attempt: Attempt | null;
  /** Absent `triedBefore` stays. */
  delivery: Pick<Delivery, "id" | "status" | "reason" | "attempts" | "nextAttemptAt" | "updatedAt"> &
    Partial<Pick<Delivery, "triedBefore">>;
  /** True for a delivery that keeps an order: when this ends it, the next one of its lane goes. */
  inOrder?: boolean;
  /** What the attempt changed of its subscription's health; absent when nothing did. */
  subscription?: Judgement;
  /** Operational events that the outcome makes, if the delivery ends by it as it says: nobody cancelled or retried it meanwhile. */
  told: ToldEvent[];
}

/** A subscription's health after an attempt; nothing of it when the subscription is another endpoint by now than was tried. */
export interface Judgement {
  id: string;
  tried: EndpointMark;
  patch: SubscriptionPatch;
  /** What is told of it. */
  told: ToldEvent[];
}

export interface RunCommit {
  id: string;
  /** The version this was planned on; the commit moves it on by one. */
  expectVersion: number;
  patch: Partial<Omit<StoredRun, "id" | "version" | "cancel">> & { cancel?: "accepted" | "refused" };
  /** The job of the run: ended, or due again at `next`. Absent while a call is only about to be made. */
  job?: { lease: Lease; next: number | null };
  told: ToldEvent[];
  /** What a replay sends. */
  resends?: readonly Resend[];
}

/** A delivery that is sent again, or at last. What changed since it was read is left alone. */
export interface Resend {
  /** As it will be: pending. */
  delivery: Delivery;
  /** What it was when it was read; null when it was never made, and is made unless there is one by now. */
  was: DeliveryStatus | null;
}

export type SubscriptionPatch = Partial<Omit<Subscription, "id" | "owner" | "createdAt">>;
