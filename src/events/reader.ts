import type { EventAddress } from "./fan-out.ts";
import { isNamed } from "./find-events.ts";

/** What a reader of the log wants to be told. */
export interface Wanted {
  /** Patterns; none = all. */
  types: readonly string[];
  /** Connection ids; null = all. */
  connections: readonly string[] | null;
  /** ms since the epoch. */
  since?: number | undefined;
}

/** True when a reader wants events like this one, whenever they happen. */
export function wantsSuch({ types, connections }: Wanted, event: EventAddress): boolean {
  return (connections === null || connections.includes(event.connectionId)) && isNamed(types, event);
}
