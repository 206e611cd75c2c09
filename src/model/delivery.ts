export const DELIVERY_STATUSES = ["pending", "delivered", "failed", "skipped", "cancelled"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed (DELIVERY.md: When a try counts). */
export type AttemptClass =
  | "ok"
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "protocol"
  | "http_3xx"
  | "http_4xx"
  | "http_5xx"
  | "blocked"
  | "template"
  | "too_large";

/** One event on its way to one subscription. Times are ms since the epoch. */
export interface Delivery {
  id: string;
  eventId: string;
  eventType: string;
  subscriptionId: string;
  status: DeliveryStatus;
  /** Why it is skipped, failed or cancelled. */
  reason: string | null;
  /** Tries made so far. */
  attempts: number;
  /** Those of them that are none of its schedule: made before it was sent again, which begins that anew, or asked for in between. */
  triedBefore: number;
  /**
   * When the next try is due; null when there is none, and while it is pending behind another of its lane. One that is cancelled
   * keeps it while it has its lane's turn.
   */
  nextAttemptAt: number | null;
  /** Deliveries of one subscription and lane go out one at a time, in the order of their commits; null = no order. */
  lane: string | null;
  createdAt: number;
  updatedAt: number;
}

/** One try, as it went. */
export interface Attempt {
  id: string;
  deliveryId: string;
  /** 1 for the first try. */
  number: number;
  startedAt: number;
  durationMs: number;
  class: AttemptClass;
  /** HTTP status; null when there was no answer. */
  status: number | null;
  /** What went wrong, in words. */
  error: string | null;
  /** The first 16 KiB of the answer, decoded leniently; null when there was none. */
  responseBody: string | null;
  trigger: "schedule" | "manual";
}
