import type { Group } from "./group.ts";

/** What groups have in common, such as the host that they call. Its name is null for those that share nothing. */
interface Share {
  readonly name: string | null;
  /** Runs of its groups that are under way. */
  running: number;
  /** Its groups that wait for their turn, the one that waits longest first. */
  readonly waiting: Set<Group>;
}

/**
 * Says whose turn it is. Groups of one share take turns; of the shares, the one with the least under way goes first. A share
 * never has more under way than what it leaves free: one alone gets half of all runs, two a third each, and a newcomer finds
 * some as long as there are fewer shares than runs. Groups that share nothing simply take turns.
 */
export class Turns {
  readonly #most: number;
  readonly #shares = new Map<string | null, Share>();
  readonly #places = new Map<Group, Share>();
  /** Shares in which somebody waits, in a row for each number of runs that they have under way. */
  readonly #rows: readonly Set<Share>[];
  #running = 0;

  /** `most` is how many may run at once. */
  constructor(most: number) {
    this.#most = most;
    this.#rows = Array.from({ length: most + 1 }, () => new Set<Share>());
  }

  /** True when nobody waits. */
  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** Puts a group behind those of its share that wait already; one that waits there keeps its place. */
  add(group: Group, shareName: string | null): void {
    const place = this.#places.get(group);
    if (place?.name === shareName) return;
    if (place) this.#leave(group, place);
    const share = this.#share(shareName);
    this.#places.set(group, share);
    share.waiting.add(group);
    if (share.waiting.size === 1) this.#row(share).add(share);
  }

  /** Takes out the group whose turn it is; undefined when nobody waits who may run. */
  next(): Group | undefined {
    if (this.isEmpty) return undefined;
    const free = this.#most - this.#running;
    for (let running = 0; running < free; running++) {
      const share = first(this.#rows[running]);
      const group = first(share?.waiting);
      if (share === undefined || group === undefined) continue;
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
    for (const [group, share] of this.#places) this.#leave(group, share);
  }

  #share(name: string | null): Share {
    const share = this.#shares.get(name) ?? { name, running: 0, waiting: new Set() };
    this.#shares.set(name, share);
    return share;
  }

  /** Groups that share nothing are not held to a part. */
  #row({ name, running }: Share): Set<Share> {
    return this.#rows[name === null ? 0 : running] as Set<Share>;
  }

  #count(share: Share, by: 1 | -1): void {
    const isWaiting = share.waiting.size > 0;
    if (isWaiting) this.#row(share).delete(share);
    share.running += by;
    this.#running += by;
    if (isWaiting) this.#row(share).add(share);
    else this.#forgetIdle(share);
  }

  #leave(group: Group, share: Share): void {
    this.#places.delete(group);
    share.waiting.delete(group);
    if (share.waiting.size === 0) this.#row(share).delete(share);
    this.#forgetIdle(share);
  }

  #goLast(share: Share): void {
    const row = this.#row(share);
    if (share.waiting.size === 0 || row.size === 1) return;
    row.delete(share);
    row.add(share);
  }

  #forgetIdle(share: Share): void {
    if (share.waiting.size === 0 && share.running === 0) this.#shares.delete(share.name);
  }
}

function first<T>(set: Set<T> | undefined): T | undefined {
  return set === undefined || set.size === 0 ? undefined : set.values().next().value;
}
