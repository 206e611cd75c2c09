import type { Ports } from "../context.ts";
import { maySee } from "../events/fan-out.ts";
import type { GroupLimit, Worker } from "../jobs/contract.ts";
import type { Attempt, Delivery } from "../model/delivery.ts";
import type { Lease } from "../model/job.ts";
import { isExpired, type Subscription } from "../model/subscription.ts";
import type { AttemptCommit, ToldEvent } from "../store/acts.ts";
import type { DueDelivery } from "../store/delivery-store.ts";
import { NO_ALARMS, planAlarms } from "./alarms.ts";
import type { AttemptOutcome } from "./attempt.ts";
import { attemptLine } from "./attempt-line.ts";
import { batched } from "./batch.ts";
import { type Endpoint, Endpoints } from "./endpoint.ts";
import { limitOf, shareOf } from "./limit.ts";
import { rememberedBodies } from "./request.ts";
import { sendOnce } from "./send.ts";
import { type Settlement, settle } from "./settle.ts";

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

  limit(subscriptionId: string): GroupLimit {
    return limitOf(this.#endpoints.peek(subscriptionId), this.#ports.clock.now());
  }

  share(subscriptionId: string): string {
    return shareOf(this.#endpoints.peek(subscriptionId));
  }

  async meet(subscriptionId: string): Promise<void> {
    const subscription = await this.#ports.store.subscriptions.get(subscriptionId);
    if (subscription) this.#endpoints.open(subscription);
  }

  async run(lease: Lease, signal: AbortSignal): Promise<void> {
    this.#endpoints.peek(lease.group)?.pace?.take(this.#ports.clock.now()); // at once: the next is judged by it
    const job = Number(lease.payload);
    const work = this.#ports.store.deliveries.justMade(job) ?? (await this.#loadWork(job));
    if (work?.delivery.status !== "pending") return; // it was cancelled since
    const { delivery, event } = work;
    const subscription = await this.#ports.store.subscriptions.get(lease.group);
    const now = this.#ports.clock.now();
    const leave = (change: Change) => this.#commit(lease, delivery, change);
    if (subscription && !maySee(subscription, event)) {
      return leave(turnedAway(delivery, { ...subscription, reason: "key_narrowed" }, now));
    }
    if (subscription && isExpired(subscription, now)) {
      return leave(turnedAway(delivery, { ...subscription, reason: "expired" }, now));
    }
    if (subscription?.status !== "active") return leave(turnedAway(delivery, subscription, now));
    const endpoint = this.#endpoints.open(subscription);
    const { holdUntil } = endpoint.health;
    if (holdUntil !== null && holdUntil > now) return leave(postponed(delivery, holdUntil, now));
    await this.#try(lease, work, endpoint, signal);
  }

  async #try(
    lease: Lease,
    { delivery, event, manualTry }: DueDelivery,
    endpoint: Endpoint,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, targets, config, random, newId, log } = this.#ports;
    const { subscription } = endpoint;
    const number = delivery.attempts + 1;
    const once = { event, number, signal, write: this.#write };
    const outcome = await sendOnce({ http: targets, clock }, endpoint, once);
    const isWell = outcome.class === "ok" && endpoint.health.failingSince === null;
    const health = isWell || (await this.#mayJudge(endpoint, outcome)) ? endpoint.health : null;
    const plan = { schedule: subscription.retrySchedule ?? config.TIDEWIRE_RETRY_SCHEDULE, random, now: clock.now() };
    const settlement = settle(delivery, health, outcome, plan);
    if (settlement.health) endpoint.health = settlement.health;
    const alarm = { subscription, delivery, settlement, error: outcome.error };
    const alarms = settlement.signals.length === 0 ? NO_ALARMS : await planAlarms(this.#ports, alarm);
    const trigger = manualTry === number ? "manual" : "schedule";
    const attempt = attemptOf(outcome, { id: newId("att"), deliveryId: delivery.id, number, trigger });
    await this.#commit(lease, delivery, {
      attempt,
      delivery: settlement.delivery,
      told: alarms.ofDelivery,
      ...judgementOf(subscription, settlement, alarms.ofSubscription),
    });
    log.info(attemptLine(event, endpoint, attempt, settlement), "delivery tried");
  }

  /** False when the try says nothing about the endpoint as it is: it was not called, or was changed or deleted meanwhile. */
  async #mayJudge(endpoint: Endpoint, outcome: AttemptOutcome): Promise<boolean> {
    if (outcome.class === "template") return false;
    const present = await this.#ports.store.subscriptions.get(endpoint.subscription.id);
    return present?.updatedAt === endpoint.subscription.updatedAt;
  }

  async #commit(lease: Lease, tried: Delivery, change: Change): Promise<void> {
    const result = await this.#ports.store.commitAttempt({ lease, inOrder: tried.lane !== null, ...change });
    const { id, status, reason, nextAttemptAt: next } = change.delivery;
    this.#ports.log.debug({ delivery: id, status, reason, next, result }, "delivery settled");
  }
}

/** One try as it is stored. Its members are named one by one: an object made of the rest of another costs ten times as much. */
function attemptOf(
  { startedAt, durationMs, class: verdict, status, error, responseBody }: AttemptOutcome,
  { id, deliveryId, number, trigger }: Pick<Attempt, "id" | "deliveryId" | "number" | "trigger">,
): Attempt {
  return { id, deliveryId, number, startedAt, durationMs, class: verdict, status, error, responseBody, trigger };
}

/** What the try says of the subscription, as the version that was tried; nothing when it changes nothing. */
function judgementOf({ id, updatedAt: version }: Subscription, { subscription: patch }: Settlement, told: ToldEvent[]) {
  return patch === null ? {} : { subscription: { id, version, patch, told } };
}

/** A delivery whose subscription takes none: kept as skipped, and can be retried; of a deleted one as cancelled. */
function turnedAway(delivery: Delivery, subscription: Subscription | null, now: number): Change {
  const kept = { id: delivery.id, attempts: delivery.attempts, nextAttemptAt: null, updatedAt: now };
  const outcome = subscription
    ? ({ status: "skipped", reason: subscription.reason ?? subscription.status } as const)
    : ({ status: "cancelled", reason: "subscription_deleted" } as const);
  return { attempt: null, delivery: { ...kept, ...outcome }, told: [] };
}

/** A delivery whose receiver asked for a pause. */
function postponed(delivery: Delivery, until: number, now: number): Change {
  const { id, attempts } = delivery;
  const waiting = { id, attempts, status: "pending", reason: null, nextAttemptAt: until, updatedAt: now } as const;
  return { attempt: null, delivery: waiting, told: [] };
}

type Change = Omit<AttemptCommit, "lease" | "inOrder">;
