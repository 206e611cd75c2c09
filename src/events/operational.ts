import type { Clock } from "../kernel/clock.ts";
import type { NewId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { NewEvent } from "../model/event.ts";
import { NO_CONNECTION } from "./fan-out.ts";

/** `connector` of the events that Tidewire tells about itself. */
export const OPERATIONAL_CONNECTOR = "tidewire";

/** What Tidewire tells about itself, to subscriptions that name it (`tidewire.*`), each with a sample of its data. */
export const OPERATIONAL_EVENTS = {
  "tidewire.subscription.failing": {
    description: "Every try to a subscription fails; at 100 percent it is disabled.",
    sample: {
      subscription: "sub_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      percent: 50,
      failing_since: "2026-11-17T20:00:00.000Z",
      consecutive_failures: 12,
      error: "the receiver answered 500",
    },
  },
  "tidewire.subscription.disabled": {
    description:
      "A subscription was disabled: its receiver answered 410 (gone), or nothing but failures for five days (failing).",
    sample: {
      subscription: "sub_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      reason: "gone",
      failing_since: "2026-11-20T08:00:00.000Z",
      consecutive_failures: 1,
      error: "the receiver answered 410",
    },
  },
  "tidewire.delivery.exhausted": {
    description: "The last try of a delivery failed; it is kept and can be retried.",
    sample: {
      delivery: "dlv_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      subscription: "sub_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      event: "evt_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      event_type: "files.created",
      attempts: 10,
      error: "the receiver answered 500",
    },
  },
  "tidewire.poller.failing": {
    description: "A poller has failed several times in a row.",
    sample: {
      poller: "pol_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      resource: "files",
      name: "main",
      consecutive_failures: 5,
      error: "the provider answered 500",
    },
  },
  "tidewire.poller.held": {
    description:
      "Many items left a listing at once: their removal is held back until a person releases or dismisses it.",
    sample: { poller: "pol_01J9ZK3V6Q8T5W2X4Y7B0C1D2E", resource: "files", name: "main", held: 40, items: 50 },
  },
  "tidewire.connection.needs_reauth": {
    description: "The provider refuses a connection's credential.",
    sample: {
      connection: "con_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      poller: "pol_01J9ZK3V6Q8T5W2X4Y7B0C1D2E",
      error: "the provider answered 401",
    },
  },
} as const satisfies Record<string, { description: string; sample: JsonObject }>;

export type OperationalType = keyof typeof OPERATIONAL_EVENTS;

/** What an operational event is about. */
export interface About {
  /** Together with the type it makes telling again harmless. */
  key: string;
  /** The connection's id and name, when it is about one. */
  connection?: { id: string; name: string };
}

/** An event that Tidewire tells about itself; `data` has the shape of the type's sample. */
export function operationalEvent(
  { clock, newId }: { clock: Clock; newId: NewId },
  type: OperationalType,
  data: JsonObject,
  about: About,
): NewEvent {
  return {
    id: newId("evt"),
    type,
    timestamp: clock.now(),
    connector: OPERATIONAL_CONNECTOR,
    connectionId: about.connection?.id ?? NO_CONNECTION,
    connection: about.connection?.name ?? "",
    resource: type.split(".")[1] as string,
    data,
    previous: undefined,
    dedupeKey: `${type}:${about.key}`,
  };
}

export function isOperational(type: string): boolean {
  return type.startsWith(`${OPERATIONAL_CONNECTOR}.`);
}
