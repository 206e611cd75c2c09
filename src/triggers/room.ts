import { roomAt } from "../connections/allowances.ts";
import type { Ports } from "../context.ts";
import { sleep } from "../kernel/clock.ts";
import type { Subject } from "./subject.ts";

type RoomPorts = Pick<Ports, "store" | "clock">;

/** How long a sweep waits for room, all its waits together; then it ends as it is, and its next one begins anew. */
const PATIENCE_MS = 10 * 60_000;

/** A sweep has waited for as long as it may. */
export class NoRoom extends Error {
  override message = "the provider's rate limit leaves it no room";
}

/** Until when the provider's limits leave room for callers only, ms since the epoch; null when a sweep may ask. */
export function roomAgainAt(ports: RoomPorts, { connector, connection, list, above }: Subject): number | null {
  const account = { connectionId: connection.id };
  const lists = above === null ? [list] : [above.operation, list];
  const waits = lists.map((operation) => roomAt(ports, { connector, account, operation })).filter((at) => at !== null);
  return waits.length === 0 ? null : Math.max(...waits);
}

/** Resolves to true when a sweep may send its next request; to false when there is no room and it may not wait any longer. */
export type HasRoom = (mayWait?: boolean) => Promise<boolean>;

/** Room for whoever is not to be held up: for a sweep that a person asked for. */
export const ROOM: HasRoom = () => Promise.resolve(true);

/** Has a sweep wait for room in its midst; `rests` is told when it begins and ends to. */
export function roomFor(
  ports: RoomPorts,
  subject: Subject,
  signal: AbortSignal,
  rests: (isResting: boolean) => void,
): HasRoom {
  let patienceMs = PATIENCE_MS;
  return async (mayWait = true) => {
    for (;;) {
      const until = roomAgainAt(ports, subject);
      if (until === null) return true;
      const waitMs = until - ports.clock.now();
      if (!mayWait || waitMs > patienceMs) return false;
      patienceMs -= waitMs;
      rests(true);
      await sleep(ports.clock, waitMs, signal).catch(() => undefined);
      rests(false);
      if (signal.aborted) return false;
    }
  };
}
