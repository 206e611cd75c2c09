import { isObject } from "../kernel/json.ts";
import type { NewEvent } from "../model/event.ts";
import type { Subscription } from "../model/subscription.ts";
import { isOperational } from "./operational.ts";

/**
 * Who may be told about a subscription: never the endpoint itself, under whatever subscription; and of the others those of
 * the same owner and of keys that are bound to no connection.
 */
export function audienceOf(failing: Subscription, subscriptions: readonly Subscription[]): Subscription[] {
  const endpoint = endpointOf(failing);
  return subscriptions.filter(
    (one) => endpointOf(one) !== endpoint && (one.owner === failing.owner || one.ownerConnections === null),
  );
}

/** Characters that mean the same escaped or not (RFC 3986, 2.3). */
const UNRESERVED = /[\w.~-]/;

/**
 * However its URL is written: another case of the host or a dot behind it, a port that is the default, or a character escaped
 * that need not be, is the same endpoint.
 */
function endpointOf({ url }: Subscription): string {
  const { protocol, host, pathname, search } = new URL(url);
  const plain = `${pathname}${search}`.replace(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
  return `${protocol}//${host.replace(/\.(?=:|$)/, "")}${plain}`;
}

/** The stored event, as far as it tells of a subscription. */
type Tale = Pick<NewEvent, "type" | "data">;

/** True when a subscription may be sent a stored event that it asks for: what is told of a subscription keeps to its audience. */
export function mayHear(subscription: Subscription, event: Tale, all: readonly Subscription[]): boolean {
  const failing = toldOf(event, all);
  return failing === null || (failing !== undefined && audienceOf(failing, [subscription]).length > 0);
}

/** The same of one that it was to be sent before, which it may have even when what it tells of was deleted since. */
export function mayStillHear(subscription: Subscription, event: Tale, all: readonly Subscription[]): boolean {
  const failing = toldOf(event, all);
  return !failing || audienceOf(failing, [subscription]).length > 0;
}

/** The subscription that an event tells of: null for none, undefined for one that was deleted. */
function toldOf({ type, data }: Tale, all: readonly Subscription[]): Subscription | null | undefined {
  if (!isOperational(type) || !isObject(data) || data.subscription === undefined) return null;
  return all.find(({ id }) => id === data.subscription);
}
