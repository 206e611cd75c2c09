import { BusyMap } from "../kernel/busy-map.ts";
import { type Group, isIdle, newGroup } from "./group.ts";

/** Jobs kept in memory, over all groups and for each: read hundreds at a time, however many are pending. */
const READY_JOBS = 4_096;
const MOST_OF_A_GROUP = 128;
const LEAST_OF_A_GROUP = 8;

/** The groups of a queue of which something is remembered, by name. */
export class Groups {
  readonly #byName = new BusyMap<string, Group>();

  [Symbol.iterator](): Iterator<Group> {
    return this.#byName.values();
  }

  /** How many ready jobs each may have in memory. */
  get room(): number {
    const share = Math.floor(READY_JOBS / this.#byName.size);
    return Math.max(LEAST_OF_A_GROUP, Math.min(share, MOST_OF_A_GROUP));
  }

  /** The group of that name, made when there is none. */
  named(name: string): Group {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const made = newGroup(name);
    this.#byName.set(name, made);
    return made;
  }

  /** Forgets a group of which nothing needs to be remembered. */
  forgetIdle(group: Group): void {
    if (isIdle(group)) this.#byName.delete(group.name);
  }
}
