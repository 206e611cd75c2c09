import type { NewId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Delivery } from "../model/delivery.ts";
import type { NewEvent } from "../model/event.ts";
import type { NewJob } from "../model/job.ts";
import { isExpired, type Subscription } from "../model/subscription.ts";
import type { ToldEvent } from "../store/acts.ts";
import { type Told, wholeEvent } from "./body.ts";
import { passes } from "./filter.ts";
import { laneOf } from "./lane.ts";
import { names } from "./pattern.ts";

/** What decides who is told: an event, or one that may come to be. */
export type EventAddress = Pick<NewEvent, "type" | "connector" | "connectionId">;

/** How far a wide fan-out has come: the payload of a `fan_out` job. */
export interface FanOutCursor {
  /** The event's id. */
  event: string;
  /** Id of the last subscription that was served in the order of their ids; those that keep an order were served first. */
  after: string;
  /** When the event was told, ms since the epoch: whoever subscribed later is not meant. */
  toldAt: number;
  /** How many deliveries were made. */
  made: number;
}

/** Deliveries made in one commit, at most. */
export const CHUNK = 1_000;
/** Those of a wide fan-out that are made with its event: they go out while the next are written. */
export const FIRST_CHUNK = 100;

/** `connectionId` of an event that is about no connection. */
export const NO_CONNECTION = "";

/** True when a subscription asks for this very event: it wants such a one, and its filter lets it pass. */
export function isFor(subscription: Subscription, event: Told, body = () => wholeEvent(event)): boolean {
  return wants(subscription, event) && passes(subscription, body, event.timestamp);
}

/** The subscriptions that an event is for, less those whose time is over at `now` and those that are not meant. */
function wanting(
  event: Told,
  subscriptions: readonly Subscription[],
  now: number,
  isMeant = (_: Subscription) => true,
): Subscription[] {
  let body: JsonObject | undefined;
  const bodyOnce = () => (body ??= wholeEvent(event));
  return asking(subscriptions, event).filter(
    (one) => isMeant(one) && !isExpired(one, now) && passes(one, bodyOnce, event.timestamp),
  );
}

const MOST_ADDRESSES = 10_000;

/** Which of some subscriptions ask for an event, by their places among them and by the event's address. */
interface Asking {
  among: readonly Subscription[];
  places: Map<string, readonly number[]>;
}

/** Of the store that asked last: a process has one, and others only look anew. */
let latest: Asking = { among: [], places: new Map() };

/**
 * Those that ask for such an event, remembered for as long as none of them changes what it asks for: of ten thousand most ask for
 * others, and each try of one that fails changes its row.
 */
function asking(subscriptions: readonly Subscription[], event: EventAddress): Subscription[] {
  if (latest.among !== subscriptions) {
    const { among } = latest;
    const isSame = among.length === subscriptions.length && subscriptions.every((one, n) => asksAlike(one, among[n]));
    latest = { among: subscriptions, places: isSame ? latest.places : new Map() };
  }
  const { places } = latest;
  const address = `${event.connector}/${event.type} ${event.connectionId}`;
  let found = places.get(address);
  if (found === undefined) {
    if (places.size >= MOST_ADDRESSES) places.clear();
    found = subscriptions.flatMap((one, place) => (wants(one, event) ? [place] : []));
    places.set(address, found);
  }
  return found.map((place) => subscriptions[place] as Subscription);
}

/** True when `wants` says the same of both for sure: rows are replaced, and what was not changed of them is kept. */
function asksAlike(a: Subscription, b: Subscription | undefined): boolean {
  const { events, connectionId, ownerConnections } = a;
  return events === b?.events && connectionId === b.connectionId && ownerConnections === b.ownerConnections;
}

/**
 * True when the subscription asks for such an event and its owner may see it. What Tidewire tells of a subscription is about no
 * connection, and so about each as well.
 */
export function wants(subscription: Subscription, event: EventAddress): boolean {
  const { connectionId } = subscription;
  const isOfAnother = event.connectionId !== NO_CONNECTION && event.connectionId !== connectionId;
  if (connectionId !== null && isOfAnother) return false;
  return maySee(subscription, event) && subscription.events.some((pattern) => names(pattern, event));
}

/** True when the key that owns the subscription may use the event's connection, if it has one. */
export function maySee(
  { ownerConnections }: Pick<Subscription, "ownerConnections">,
  { connectionId }: Pick<EventAddress, "connectionId">,
): boolean {
  return ownerConnections === null || connectionId === NO_CONNECTION || ownerConnections.includes(connectionId);
}

/**
 * Plans who is told of an event: a delivery for each subscription that wants it, due after the schedule's first delay (ms), or
 * skipped with the reason for one that is paused or disabled. Beyond a hundred the rest is left to a `fan_out` job.
 */
export function fanOut(
  event: NewEvent,
  subscriptions: readonly Subscription[],
  now: number,
  newId: NewId,
  firstDelayMs = 0,
): ToldEvent {
  const plan = { now, toldAt: now, made: 0, newId, firstDelayMs };
  return { event, ...planChunk(event, wanting(event, subscriptions, now), plan) };
}

/** Plans the next deliveries of a wide fan-out, from where its cursor stands: twice what was made so far; judged as of when it was told. */
export function nextChunk(
  event: Told,
  subscriptions: readonly Subscription[],
  cursor: FanOutCursor,
  now: number,
  newId: NewId,
  firstDelayMs = 0,
): Omit<ToldEvent, "event"> {
  const { after, toldAt, made } = cursor;
  const isLeft = (one: Subscription) => one.id > after && one.createdAt <= toldAt && !wasFirst(one, cursor);
  const left = wanting(event, subscriptions, toldAt, isLeft);
  return planChunk(event, left, { now, toldAt, made, newId, firstDelayMs });
}

/** True for one that keeps an order and did so when the event was told. */
function wasFirst({ ordered, updatedAt }: Subscription, { toldAt }: FanOutCursor): boolean {
  return ordered && updatedAt <= toldAt;
}

interface Plan {
  now: number;
  toldAt: number;
  made: number;
  newId: NewId;
  firstDelayMs: number;
}

function planChunk(event: Told, all: Subscription[], plan: Plan): Omit<ToldEvent, "event"> {
  const size = plan.made === 0 ? FIRST_CHUNK : Math.min(2 * plan.made, CHUNK);
  const isWide = all.length > size;
  // Those that keep an order are all in the first commit: a later event would else come before this one.
  const inOrder = isWide ? all.filter(({ ordered }) => ordered) : [];
  const chunk = isWide
    ? all
        .filter(({ ordered }) => !ordered)
        .sort(byId)
        .slice(0, size)
    : all;
  const deliveries = [...inOrder, ...chunk].map((subscription) => planDelivery(event, subscription, plan));
  const last = isWide ? chunk.at(-1) : undefined;
  const made = plan.made + deliveries.length;
  const cursor = last && { event: event.id, after: last.id, toldAt: plan.toldAt, made };
  return { deliveries, jobs: cursor ? [fanOutJob(event, cursor, plan.now)] : [] };
}

/** The delivery of an event to a subscription: due after the schedule's first delay, or skipped for one that is not active. */
export function planDelivery(event: Told, subscription: Subscription, plan: Omit<Plan, "toldAt" | "made">): Delivery {
  const isActive = subscription.status === "active";
  return {
    id: plan.newId("dlv"),
    eventId: event.id,
    eventType: event.type,
    subscriptionId: subscription.id,
    status: isActive ? "pending" : "skipped",
    reason: isActive ? null : (subscription.reason ?? subscription.status),
    attempts: 0,
    triedBefore: 0,
    nextAttemptAt: isActive ? plan.now + (subscription.retrySchedule?.[0] ?? plan.firstDelayMs) : null,
    lane: laneOf(subscription, () => wholeEvent(event)),
    createdAt: plan.now,
    updatedAt: plan.now,
  };
}

function fanOutJob(event: EventAddress, cursor: FanOutCursor, now: number): NewJob {
  return {
    queue: "fan_out",
    group: event.connectionId,
    key: `${cursor.event}:${cursor.after}`,
    dueAt: now,
    payload: { ...cursor },
  };
}

function byId(a: Subscription, b: Subscription): number {
  return a.id < b.id ? -1 : 1;
}
