import type { Ports } from "../context.ts";
import { maySee } from "../events/fan-out.ts";
import type { GroupLimit, Worker } from "../jobs/contract.ts";
import type { Cancellation } from "../kernel/canceller.ts";
import type { Attempt, Delivery } from "../model/delivery.ts";
import type { Lease } from "../model/job.ts";
import { isExpired, isSameEndpoint, type Subscription } from "../model/subscription.ts";
import type { DueDelivery } from "../store/delivery-store.ts";
import { NO_ALARMS, planAlarms } from "./alarms.ts";
import type { AttemptOutcome } from "./attempt.ts";
import { attemptLine } from "./attempt-line.ts";
import { batched } from "./batch.ts";
import { type Endpoint, Endpoints } from "./endpoint.ts";
import { judgedAs, judgementOf } from "./judgement.ts";
import { limitOf, paceOf, shareOf } from "./limit.ts";
import { rememberedBodies } from "./request.ts";
import { sendOnce } from "./send.ts";
import { settle } from "./settle.ts";
import { type Change, postponed, turnedAway } from "./untried.ts";

export type DeliverPorts = Pick<Ports, "store" | "clock" | "random" | "newId" | "vault" | "targets" | "config" | "log">;

/** The worker of the queue `deliver`: each run makes one try of one delivery and commits what came of it. */
export class DeliverWorker implements Worker {
  /** Many more than one subscription may have, and twice what one host can: as many as there are connections to it. */
  readonly concurrency = 512;
  /** Longer than the longest deadline of a try (30 s). */
  readonly leaseMs = 60_000;
  readonly #ports: DeliverPorts;
  readonly #endpoints: Endpoints;
  readonly #write = rememberedBodies();
  readonly #loadWork: (job: number) => Promise<DueDelivery | undefined>;

  constructor(ports: DeliverPorts) {
    const { deliveries } = ports.store;
    this.#ports = ports;
    this.#endpoints = new Endpoints(ports.vault, ports.clock.now());
    this.#loadWork = batched((jobs) => deliveries.load(jobs));
  }

  limit(subscriptionId: string, isAsked: boolean): GroupLimit {
    return limitOf(this.#endpoints.peek(subscriptionId), this.#ports.clock.now(), isAsked);
  }

  share(subscriptionId: string): string {
    return shareOf(this.#endpoints.peek(subscriptionId));
  }

  meet(subscriptionId: string): Promise<void> | null {
    const meet = (subscription: Subscription | null) => void (subscription && this.#endpoints.open(subscription));
    const found = this.#find(subscriptionId);
    if (found instanceof Promise) return found.then(meet);
    meet(found);
    return null;
  }

  /** At once where it is in memory. */
  #find(subscriptionId: string): Subscription | null | Promise<Subscription | null> {
    const { subscriptions } = this.#ports.store;
    const known = subscriptions.known(subscriptionId);
    return known === undefined ? subscriptions.get(subscriptionId) : known;
  }

  async run(lease: Lease, signal: Cancellation): Promise<void> {
    const began = this.#ports.clock.now();
    paceOf(this.#endpoints.peek(lease.group), began)?.take(began); // at once: the next is judged by it
    const job = Number(lease.payload);
    const work = this.#ports.store.deliveries.justMade(job) ?? (await this.#loadWork(job));
    if (work === undefined) return; // it is gone
    const { delivery, event } = work;
    const subscription = await this.#find(lease.group);
    const now = this.#ports.clock.now();
    const endpoint = subscription && this.#endpoints.open(subscription); // whatever its status: the next is judged by it
    const leave = (change: Change) => this.#commit(lease, delivery, change);
    if (delivery.status !== "pending") return leave(postponed(delivery, now, now)); // cancelled: due only if it is sent again meanwhile
    if (subscription && !maySee(subscription, event)) {
      return leave(turnedAway(delivery, { ...subscription, reason: "key_narrowed" }, now));
    }
    if (subscription && isExpired(subscription, now)) {
      return leave(turnedAway(delivery, { ...subscription, reason: "expired" }, now));
    }
    if (!endpoint || subscription.status !== "active") return leave(turnedAway(delivery, subscription, now));
    const { holdUntil } = endpoint.health;
    if (holdUntil !== null && holdUntil > now && !lease.isAsked) return leave(postponed(delivery, holdUntil, now));
    await this.#try(lease, work, endpoint, signal);
  }

  async #try(
    lease: Lease,
    { delivery, event, manualTry }: DueDelivery,
    endpoint: Endpoint,
    signal: Cancellation,
  ): Promise<void> {
    const { clock, targets, config, random, newId, log } = this.#ports;
    const { subscription } = endpoint;
    endpoint.triedAt = clock.now();
    const number = delivery.attempts + 1;
    const once = { event, number, signal, write: this.#write };
    const outcome = await sendOnce({ http: targets, clock }, endpoint, once);
    const judged = this.#stillWell(endpoint, outcome) ?? (await this.#judged(endpoint, outcome));
    const schedule = subscription.retrySchedule ?? config.TIDEWIRE_RETRY_SCHEDULE;
    const byHand = manualTry === number;
    const plan = { schedule, random, now: clock.now(), byHand };
    const settlement = settle(delivery, judged?.health ?? null, outcome, plan);
    const trigger = byHand ? "manual" : "schedule";
    const attempt = attemptOf(outcome, { id: newId("att"), deliveryId: delivery.id, number, trigger });
    const stored = judgedAs(judged, settlement);
    try {
      const alarm = { subscription, delivery, settlement, error: outcome.error };
      const alarms = settlement.signals.length === 0 ? NO_ALARMS : await planAlarms(this.#ports, alarm);
      await this.#commit(lease, delivery, {
        attempt,
        delivery: settlement.delivery,
        told: alarms.ofDelivery,
        ...judgementOf(judged, settlement, alarms.ofSubscription),
      });
    } finally {
      stored();
    }
    if (settlement.subscription?.status) await this.meet(subscription.id); // it was disabled: the next is judged by it
    log.info(attemptLine(event, endpoint, attempt, settlement), "delivery tried");
  }

  /** The tried endpoint when the try tells nothing new of it: it was well, and is. */
  #stillWell(tried: Endpoint, outcome: AttemptOutcome): Endpoint | null {
    const newest = this.#endpoints.peek(tried.subscription.id) ?? tried;
    return outcome.class === "ok" && newest.health.failingSince === null ? newest : null;
  }

  /**
   * The tried endpoint as it is by now, whose health the try tells of; null when it was not called, or is another or none since.
   * Its subscription may have been changed meanwhile in what makes it no other: its name, its secret.
   */
  async #judged(tried: Endpoint, outcome: AttemptOutcome): Promise<Endpoint | null> {
    if (outcome.class === "template") return null;
    const present = await this.#ports.store.subscriptions.get(tried.subscription.id);
    return present && isSameEndpoint(present, tried.subscription) ? this.#endpoints.open(present) : null;
  }

  async #commit(lease: Lease, tried: Delivery, change: Change): Promise<void> {
    const result = await this.#ports.store.commitAttempt({ lease, inOrder: tried.lane !== null, ...change });
    const { log } = this.#ports;
    if (!log.isLevelEnabled("debug")) return;
    const { id, status, reason, nextAttemptAt: next } = change.delivery;
    log.debug({ delivery: id, status, reason, next, result }, "delivery settled");
  }
}

/** One try as it is stored. Its members are named one by one: an object made of the rest of another costs ten times as much. */
function attemptOf(
  { startedAt, durationMs, class: verdict, status, error, responseBody }: AttemptOutcome,
  { id, deliveryId, number, trigger }: Pick<Attempt, "id" | "deliveryId" | "number" | "trigger">,
): Attempt {
  return { id, deliveryId, number, startedAt, durationMs, class: verdict, status, error, responseBody, trigger };
}
