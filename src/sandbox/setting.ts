import type { Clock } from "../kernel/clock.ts";
import type { Faults } from "./faults.ts";
import type { SandboxIdPrefix } from "./identifiers.ts";
import type { WorldClock } from "./world-clock.ts";

/** What every part of the sandbox shares. */
export interface Setting {
  /** The sandbox's own time. */
  clock: WorldClock;
  /** The time that waiting takes. */
  realClock: Clock;
  faults: Faults;
  /** No page is longer, whatever limit is asked. */
  pageSize: number;
  newId: (prefix: SandboxIdPrefix) => string;
}
