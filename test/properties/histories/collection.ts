import { canonicalJson } from "../../../src/kernel/json.ts";
import type { Thing } from "./things.ts";

type Where = "top" | "middle" | "end";

/** What can happen to the things upstream. Of a thing that is not there nothing can, and none is made twice. */
export type Change =
  | { do: "make" | "move"; id: string; where: Where }
  | { do: "drop" | "remake" | "turn" | "view"; id: string }
  | { do: "name"; id: string; title: string }
  | { do: "expire"; id: string; minutes: number };

/** A thing that the list shows, newest first: by rank, the highest first. */
interface Ranked {
  thing: Thing;
  rank: number;
}

/** From a moment on a thing was so; null: there was no thing of this uid any more. */
interface Entry {
  moment: number;
  uid: string;
  id: string;
  thing: Thing | null;
}

/** The truth: all things there are, and everything that ever was. Moments are counted, not timed. */
export class Collection {
  moment = 0;
  #ranked: Ranked[] = [];
  #lives = 0;
  readonly #chronicle: Entry[] = [];
  /** Where each id was seen last: a cursor may outlive its thing. */
  readonly #ranks = new Map<string, number>();

  /** In the order of the list. */
  get things(): Thing[] {
    return this.#ranked.map(({ thing }) => thing);
  }

  get(key: string): Thing | undefined {
    return this.things.find(({ id, uid }) => id === key || uid === key);
  }

  /** The things below a rank. */
  below(rank: number): Thing[] {
    return this.#ranked.filter((one) => one.rank < rank).map(({ thing }) => thing);
  }

  /** The rank that an id has, or had; undefined when there never was one. */
  rankOf(id: string): number | undefined {
    return this.#ranks.get(id);
  }

  change(change: Change, now: number): void {
    this.moment++;
    const old = this.#ranked.find(({ thing }) => thing.id === change.id);
    if (change.do === "make") {
      if (!old) this.#make(change.id, change.where);
      return;
    }
    if (!old) return;
    const { thing } = old;
    if (change.do === "drop" || change.do === "remake") this.#drop(old);
    if (change.do === "remake") this.#make(change.id, "top");
    if (change.do === "move") this.#place(old, this.#rankAt(change.where));
    if (change.do === "turn") this.#put(old, { ...thing, state: thing.state === "open" ? "done" : "open" });
    if (change.do === "view") this.#put(old, { ...thing, views: thing.views + 1 });
    if (change.do === "name") this.#put(old, { ...thing, title: change.title });
    if (change.do === "expire") {
      this.#put(old, { ...thing, expires_at: new Date(now + change.minutes * 60_000).toISOString() });
    }
  }

  /** True when a thing was just so at some moment since `from`. */
  wasSo(thing: Thing, from: number): boolean {
    const text = canonicalJson({ ...thing });
    return this.#times(thing.uid).some((entry, i, all) => {
      const until = all[i + 1]?.moment ?? Number.POSITIVE_INFINITY;
      return until > from && entry.thing !== null && canonicalJson({ ...entry.thing }) === text;
    });
  }

  /** True when there was no thing of this key at some moment since `from`. */
  wasGone(key: string, from: number): boolean {
    const times = this.#times(key);
    const atFirst = times.findLast(({ moment }) => moment <= from);
    return !atFirst?.thing || times.some(({ thing, moment }) => thing === null && moment > from);
  }

  #times(key: string): Entry[] {
    return this.#chronicle.filter(({ uid, id }) => uid === key || id === key);
  }

  #make(id: string, where: Where): void {
    const thing: Thing = { id, uid: `u${++this.#lives}`, title: "a", state: "open", expires_at: null, views: 0 };
    const ranked = { thing, rank: 0 };
    const rank = this.#rankAt(where);
    this.#ranked.push(ranked);
    this.#place(ranked, rank);
    this.#note(thing, thing);
  }

  #drop(old: Ranked): void {
    this.#ranked = this.#ranked.filter((one) => one !== old);
    this.#note(old.thing, null);
  }

  #put(old: Ranked, thing: Thing): void {
    old.thing = thing;
    this.#note(thing, thing);
  }

  #place(ranked: Ranked, rank: number): void {
    ranked.rank = rank;
    this.#ranks.set(ranked.thing.id, rank);
    this.#ranked.sort((a, b) => b.rank - a.rank);
  }

  #rankAt(where: Where): number {
    const ranks = this.#ranked.map(({ rank }) => rank);
    if (where === "top") return Math.max(0, ...this.#ranks.values()) + 1;
    if (where === "end") return Math.min(0, ...this.#ranks.values()) - 1;
    const middle = Math.floor(ranks.length / 2);
    const above = ranks[middle - 1] ?? this.#rankAt("top");
    return (above + (ranks[middle] ?? above - 1)) / 2;
  }

  #note({ id, uid }: Thing, thing: Thing | null): void {
    this.#chronicle.push({ moment: this.moment, uid, id, thing });
  }
}
