/** Which events of a subscription a replay sends again, by what became of them; `missing` were never on their way to it. */
export const REPLAY_STATUSES = ["failed", "skipped", "cancelled", "delivered", "missing"] as const;
type ReplayStatus = (typeof REPLAY_STATUSES)[number];

/** What a replay is to send, in the caller's words. Times are ms since the epoch. */
export interface ReplayRequest {
  subscriptionId: string;
  statuses: readonly ReplayStatus[];
  /** Event patterns; null = all types. */
  types: readonly string[] | null;
  /** When the deliveries were made; when missing events are meant too, when the events happened. `until` is not included. */
  since: number | null;
  until: number;
  /** How many are sent at most. */
  limit: number;
  /** How many are made due in a second at most. */
  rate: number;
  /** True: they are counted and not sent. */
  dryRun: boolean;
}

/** A replay as its job keeps it: what it is to do, and how far it is. */
export interface Replay extends ReplayRequest {
  /** They are counted first, so that its progress has an end to be measured by. */
  step: "count" | "send";
  /** What is looked through: the log of events when missing ones are meant, else the deliveries, which are fewer. */
  source: "deliveries" | "events";
  /** Where the next look begins: a cursor of that source; null = at its start. */
  after: string | null;
  /** How many were found; known when the step is `send`. */
  total: number;
  /** How many were made due. */
  done: number;
  /** True when there were more than `limit`. */
  capped: boolean;
}
