import type { Shown } from "./api.ts";
import {
  endComplete,
  knownKeys,
  type Mind,
  missThings,
  needingProof,
  type Outcome,
  openKeys,
  readsAll,
  seeThings,
  understandBy,
} from "./mind.ts";
import type { PerfectObserver } from "./observer.ts";
import type { Edition, Thing } from "./things.ts";

/** Confirming reads of one sweep, at most. */
const READS_PER_SWEEP = 20;

/** What a sweep says of itself when it ends. */
interface Line {
  complete: boolean;
  error: string | null;
}

type Act = (mind: Mind) => Outcome;

/** Thrown when the product does what the contract forbids, whatever it tells. */
class Breach extends Error {}

/**
 * One sweep as it goes: what it was shown waits until it is stored. Pages may be stored together; what is missing from them all
 * is stored after that.
 */
export class SweepWatch {
  readonly #observer: PerfectObserver;
  readonly #edition: Edition;
  /** True: it reads the list to its end. */
  readonly readsAll: boolean;
  readonly #knownAtStart: number;
  readonly #heldAtStart: string[];
  readonly #seen = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #proofs = new Map<string, "found" | "not found">();
  #waiting: Act[] = [];
  #absences: Act | null = null;
  #lastPage: (Shown & { what: "page" }) | null = null;
  /** True: the last page is the same as the one before, which a numbered list may not prove anything by. */
  #isDoubtful = false;
  #mayEndHead = false;
  #records = 0;
  #keyless = 0;
  #failed = false;
  /** True once it may store nothing more: nothing that it is shown counts. */
  #isVoid = false;

  constructor(observer: PerfectObserver, edition: Edition, now: number) {
    this.#observer = observer;
    this.#edition = edition;
    const rekeyed = understandBy(observer.mind, edition).mind;
    this.readsAll = readsAll(rekeyed, observer.setting, now);
    this.#knownAtStart = knownKeys(rekeyed).length;
    this.#heldAtStart = [...rekeyed.known].filter(([, { status }]) => status === "held").map(([key]) => key);
    this.#waiting.push((mind) => understandBy(mind, edition));
  }

  shown(shown: Shown, now: number): void {
    if (shown.what === "failure") this.#failed = true;
    else if (shown.what === "page") this.#page(shown, now);
    else this.#read(shown, now);
  }

  /** One of its commits is durable; the last one has its line. */
  stored(line: Line | null, now: number): void {
    if (this.#isVoid) throw new Breach("a sweep stored something though the poller had moved on");
    this.#observer.movedOn(this);
    if (line) return this.#ends(line, now);
    const shown = this.#waiting.filter((act) => act !== this.#absences);
    this.#apply(this.#areNews(shown) ? shown.length : this.#waiting.length);
  }

  /** It is over, or somebody else stored something: what was not stored was never seen. */
  cut(): void {
    this.#waiting = [];
    this.#isVoid = true;
  }

  /** True once the list was read to its end: a sweep that stops at the head leaves the rest, be there any or not. */
  get isComplete(): boolean {
    if (!this.readsAll && this.#mayEndHead) return false;
    return !this.#failed && this.#lastPage?.isLast === true && this.#keyless === 0;
  }

  #page(page: Shown & { what: "page" }, now: number): void {
    const { paging } = this.#observer.setting;
    const isNumbered = paging === "offset" || paging === "page";
    const same = JSON.stringify(page.things) === JSON.stringify(this.#lastPage?.things);
    this.#isDoubtful = isNumbered && page.things.length > 0 && same;
    this.#lastPage = page;
    this.#keyless += page.keyless;
    this.#records += page.things.length + page.keyless;
    const { mind } = this.#observer;
    const fresh = this.#notSeen(page.things);
    this.#mayEndHead =
      fresh.length > 0 &&
      page.things.every((thing) => thing.state === "done") &&
      fresh.every((thing) => ![undefined, "gone"].includes(mind.known.get(thing[this.#edition.key])?.status));
    this.#waiting.push((before) => seeThings(before, this.#edition, fresh, now));
    if (!this.isComplete) return;
    const sweep = { seen: this.#seen, knownAtStart: this.#knownAtStart, heldAtStart: this.#heldAtStart };
    this.#absences = (before) => missThings(before, { ...sweep, records: this.#records });
    this.#waiting.push(this.#absences);
  }

  #read({ key, thing }: Shown & { what: "read" }, now: number): void {
    this.#asked.add(key);
    if (thing === null) return;
    if (this.isComplete) this.#proofs.set(key, thing === "not found" ? "not found" : "found");
    else if (thing !== "not found") {
      const fresh = this.#notSeen([thing]);
      this.#waiting.push((before) => seeThings(before, this.#edition, fresh, now));
    }
  }

  /** The first record of each thing that this sweep was not shown before. */
  #notSeen(things: readonly Thing[]): Thing[] {
    return things.filter((thing) => {
      const key = thing[this.#edition.key];
      return !this.#seen.has(key) && this.#seen.add(key);
    });
  }

  #ends(line: Line, now: number): void {
    const { isComplete } = this;
    if (line.complete !== isComplete && !(this.#isDoubtful && isComplete)) {
      throw new Breach(`a sweep took its list to be ${line.complete ? "complete" : "incomplete"}, and it was not`);
    }
    if (!line.complete) this.#waiting = this.#waiting.filter((act) => act !== this.#absences);
    this.#apply(this.#waiting.length);
    if (line.complete) this.#endsComplete(now);
    else if (line.error === null) this.#endsAtHead();
  }

  #endsComplete(now: number): void {
    const suspects = needingProof(this.#observer.mind, this.#observer.setting);
    const asked = suspects.filter((key) => this.#asked.has(key));
    if (asked.length < Math.min(suspects.length, READS_PER_SWEEP)) throw new Breach(`not all of ${suspects} were read`);
    const proofs = new Map([...this.#proofs].filter(([key]) => suspects.includes(key)));
    this.#observer.take(endComplete(this.#observer.mind, proofs, now));
  }

  #endsAtHead(): void {
    if (this.readsAll) throw new Breach("a sweep stopped before the end, and was to read the whole list");
    if (!this.#mayEndHead) throw new Breach("a sweep stopped at a page with something new or open");
    const unread = openKeys(this.#observer.mind).filter((key) => !this.#seen.has(key) && !this.#asked.has(key));
    if (unread.length > 0) throw new Breach(`${unread} may still change, and were not read`);
  }

  #areNews(acts: readonly Act[]): boolean {
    let { mind } = this.#observer;
    return acts.some((act) => {
      const outcome = act(mind);
      mind = outcome.mind;
      return outcome.isNews;
    });
  }

  #apply(count: number): void {
    const acts = this.#waiting.splice(0, count);
    if (this.#isVoid) return;
    for (const act of acts) this.#observer.take(act(this.#observer.mind));
  }
}
