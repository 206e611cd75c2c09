import type { Clock } from "../kernel/clock.ts";
import type { Store } from "../store/contract.ts";
import type { EventAddress } from "./fan-out.ts";
import { type LogPage, readLog } from "./read-log.ts";
import { type Wanted, wantsSuch } from "./reader.ts";

/** One who follows the log: waits, and is woken by a commit or by its end. */
export class Follower {
  readonly keyId: string;
  readonly wanted: Wanted;
  /** True once it must end: the server stops, its key was changed, or its caller went away. */
  isOver = false;
  #wake: (() => void) | null = null;

  constructor(keyId: string, wanted: Wanted) {
    this.keyId = keyId;
    this.wanted = wanted;
  }

  wake(): void {
    this.#wake?.();
  }

  end(): void {
    this.isOver = true;
    this.wake();
  }

  /** Resolves when it is woken, or when `ms` are over. */
  wait(clock: Clock, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = null;
        cancel();
        resolve();
      };
      const cancel = clock.after(ms, done);
      this.#wake = done;
    });
  }
}

/** All who follow one log. Nothing is kept for any of them but their place in it: what they read is in the store. */
export class Followers {
  /** True once the server stops: nobody may join any more. */
  hasEnded = false;
  /** Commits so far: whoever read before the last one reads again before it waits. */
  commits = 0;
  readonly #store: Store;
  readonly #all = new Set<Follower>();
  /** Whether any of them wants such an event, by its address: known until one comes or goes. */
  readonly #wanted = new Map<string, boolean>();
  #joined = () => {};
  #latest: { after: number; commits: number; page: Promise<LogPage> } | null = null;

  constructor(store: Store) {
    this.#store = store;
    store.events.onStored(() => {
      this.commits++;
      for (const follower of this.#all) follower.wake();
    });
    store.keys.onUpdated((id) => {
      for (const follower of this.#all) if (follower.keyId === id) follower.end();
    });
  }

  /** Called whenever somebody begins to follow. */
  onJoined(listener: () => void): void {
    this.#joined = listener;
  }

  join(keyId: string, wanted: Wanted): Follower {
    const follower = new Follower(keyId, wanted);
    this.#all.add(follower);
    this.#wanted.clear();
    this.#joined();
    if (this.hasEnded) follower.end();
    return follower;
  }

  leave(follower: Follower): void {
    this.#all.delete(follower);
    this.#wanted.clear();
  }

  /** True when somebody follows who would be told such an event. Asked for each call of an operation: they are looked through once. */
  want(event: EventAddress): boolean {
    if (this.#all.size === 0) return false;
    const address = `${event.connector}/${event.type}/${event.connectionId}`;
    const known = this.#wanted.get(address);
    if (known !== undefined) return known;
    const wanted = [...this.#all].some((follower) => wantsSuch(follower.wanted, event));
    this.#wanted.set(address, wanted);
    return wanted;
  }

  /** The page after a place in the log. Those who are up to date stand at one place: the page is read once for all of them. */
  page(after: number): Promise<LogPage> {
    const { commits } = this;
    if (this.#latest?.after === after && this.#latest.commits === commits) return this.#latest.page;
    const latest = { after, commits, page: readLog(this.#store, after) };
    this.#latest = latest;
    latest.page.catch(() => {
      if (this.#latest === latest) this.#latest = null; // whoever comes again reads again
    });
    return latest.page;
  }

  end(): void {
    this.hasEnded = true;
    for (const follower of this.#all) follower.end();
  }
}

const followersIn = new WeakMap<Store, Followers>();

/** Those who follow the log of this store. */
export function followersOf(store: Store): Followers {
  const known = followersIn.get(store);
  if (known) return known;
  const followers = new Followers(store);
  followersIn.set(store, followers);
  return followers;
}
