import { BusyMap } from "../kernel/busy-map.ts";
import { Chain } from "../kernel/chain.ts";
import type { Group, Share } from "./group.ts";

/**
 * Says whose turn it is. Groups of one share take turns; of the shares, the one with the least under way goes first. A share
 * never has more under way than what it leaves free: one alone gets half of all runs, two a third each, and a newcomer finds
 * some as long as there are fewer shares than runs. Groups that share nothing simply take turns.
 */
export class Turns {
  readonly #most: number;
  readonly #alone = newShare(null);
  /** All others that anything is known of. */
  readonly #shares = new BusyMap<string, Share>();
  /** Shares in which somebody waits, in a row for each number of runs that they have under way. */
  readonly #rows: readonly Chain<Share>[];
  #running = 0;
  #waiting = 0;

  /** `most` is how many may run at once. */
  constructor(most: number) {
    this.#most = most;
    this.#rows = Array.from({ length: most + 1 }, () => new Chain<Share>());
  }

  /** True when nobody waits. */
  get isEmpty(): boolean {
    return this.#waiting === 0;
  }

  /** Puts a group behind those of its share that wait already; one that waits there keeps its place. */
  add(group: Group, shareName: string | null): void {
    const place = group.waitsIn;
    if (place?.name === shareName) return;
    if (place) this.#leave(group, place);
    const share = this.#share(shareName);
    group.waitsIn = share;
    share.waiting.add(group);
    this.#waiting++;
    if (share.waiting.size === 1) this.#row(share).add(share);
  }

  /** Takes out the group whose turn it is; undefined when nobody waits who may run. */
  next(): Group | undefined {
    if (this.isEmpty) return undefined;
    const free = this.#most - this.#running;
    for (let running = 0; running < free; running++) {
      const share = this.#rows[running]?.first;
      const group = share?.waiting.first;
      if (!share || !group) continue;
      this.#leave(group, share);
      this.#goLast(share);
      return group;
    }
    return undefined;
  }

  /** True when the share may have another run under way now. */
  isFree(shareName: string | null): boolean {
    const free = this.#most - this.#running;
    return free > 0 && (shareName === null || (this.#shares.get(shareName)?.running ?? 0) < free);
  }

  /** A run of the share begins. */
  begin(shareName: string | null): void {
    this.#count(this.#share(shareName), 1);
  }

  /** A run of the share has ended. */
  end(shareName: string | null): void {
    this.#count(this.#share(shareName), -1);
  }

  clear(): void {
    for (const share of [this.#alone, ...this.#shares.values()]) {
      for (let group = share.waiting.first; group; group = share.waiting.first) this.#leave(group, share);
    }
  }

  #share(name: string | null): Share {
    if (name === null) return this.#alone;
    const known = this.#shares.get(name);
    if (known !== undefined) return known;
    const made = newShare(name);
    this.#shares.set(name, made);
    return made;
  }

  /** Groups that share nothing are not held to a part. */
  #row({ name, running }: Share): Chain<Share> {
    return this.#rows[name === null ? 0 : running] as Chain<Share>;
  }

  #count(share: Share, by: 1 | -1): void {
    share.chain?.remove(share);
    share.running += by;
    this.#running += by;
    if (share.waiting.size > 0) this.#row(share).add(share);
    else this.#forgetIdle(share);
  }

  #leave(group: Group, share: Share): void {
    group.waitsIn = null;
    share.waiting.remove(group);
    this.#waiting--;
    if (share.waiting.size > 0) return;
    share.chain?.remove(share);
    this.#forgetIdle(share);
  }

  #goLast(share: Share): void {
    const row = share.chain;
    if (row === null || row.size === 1) return;
    row.remove(share);
    row.add(share);
  }

  #forgetIdle(share: Share): void {
    if (share.name !== null && share.waiting.size === 0 && share.running === 0) this.#shares.delete(share.name);
  }
}

function newShare(name: string | null): Share {
  return { name, running: 0, waiting: new Chain(), chain: null, before: null, after: null };
}
