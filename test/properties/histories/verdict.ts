import type { StoredEvent } from "../../../src/model/event.ts";
import type { Store } from "../../../src/store/contract.ts";
import type { Collection } from "./collection.ts";
import { isUpToDate, knownKeys, type Told } from "./mind.ts";
import type { PerfectObserver } from "./observer.ts";
import { thingText, toldText } from "./story.ts";
import type { Thing } from "./things.ts";

/** Compares what was told with what must be told, and both with the truth. Each check gives what is wrong, in words. */
export class Verdict {
  /** Keys of which a read of this sweep said "not found" though they are there: whoever believes it is excused. */
  readonly lies = new Set<string>();
  /** How many events were compared. */
  compared = 0;
  readonly #truth: Collection;
  readonly #observer: PerfectObserver;
  readonly #log: string[] = [];

  constructor(truth: Collection, observer: PerfectObserver) {
    this.#truth = truth;
    this.#observer = observer;
  }

  /**
   * What was told since the last time is what must be told, no more and no less, and it was so at some moment since `from`.
   * `told` takes each event.
   */
  async compare(store: Store, from: number, told: (event: Told) => void): Promise<string[]> {
    const { items } = await store.events.list({ limit: 1_000, connections: null, order: "asc" });
    const log = items.filter(({ type }) => type.startsWith("things."));
    const lost = this.#log.filter((id, i) => log[i]?.id !== id).map((id) => `${id} is gone from the log`);
    const events = log.slice(this.#log.length);
    this.#log.push(...events.map(({ id }) => id));
    const fresh = events.map((event) => this.#toldBy(event));
    for (const event of fresh) told(event);
    const due = this.#observer.told.slice(this.compared);
    this.compared += due.length;
    const untruths = fresh.flatMap((event) => this.#untruth(event, from));
    const miscounts = await this.#miscounts(store);
    this.lies.clear();
    this.#observer.released.clear();
    return [...lost, ...unlike(fresh, due), ...untruths, ...miscounts];
  }

  /** After a calm sweep of the whole list: whatever is there is known as it is. */
  unknown(): string[] {
    const unknown = this.#truth.things.filter((thing) => !isUpToDate(this.#observer.mind, thing));
    return unknown.map((thing) => `a calm sweep did not see ${thingText(thing)}`);
  }

  /** At rest: nothing is taken to be there that is not; and each event goes once to the one who wants them all. */
  async loose(store: Store): Promise<string[]> {
    const { mind } = this.#observer;
    const there = new Set(this.#truth.things.map((thing) => thing[mind.key]));
    const left = knownKeys(mind).filter((key) => !there.has(key));
    const { items } = await store.deliveries.list({ limit: 1_000, owner: null });
    const sent = items.map(({ eventId }) => eventId).sort();
    const untold = left.map((key) => `it is not told that ${key} is gone`);
    const isSent = sent.join() === this.#log.toSorted().join();
    return isSent ? untold : [...untold, `the deliveries are of ${sent}, and told were ${this.#log}`];
  }

  /** What the poller shows of itself. */
  async #miscounts(store: Store): Promise<string[]> {
    const { mind } = this.#observer;
    const known = knownKeys(mind);
    const held = known.filter((key) => mind.known.get(key)?.status === "held");
    const [poller] = await store.pollers.all();
    const isRight = poller?.items === known.length && poller.held === held.length;
    const shown = `${poller?.items} items and ${poller?.held} held`;
    return isRight ? [] : [`the poller shows ${shown}, and there are ${known.length} and ${held.length}`];
  }

  /** What a told event says that never was. */
  #untruth({ type, key, data }: Told, from: number): string[] {
    if (type !== "things.deleted") {
      return this.#truth.wasSo(data as Thing, from) ? [] : [`${type} ${key} was never so: ${thingText(data)}`];
    }
    const isExcused = this.lies.has(key) || this.#observer.released.has(key);
    return isExcused || this.#truth.wasGone(key, from) ? [] : [`${key} is told to be gone, and is there`];
  }

  #toldBy({ type, data, previous, changed }: StoredEvent): Told {
    const thing = data as unknown as Thing;
    return {
      type,
      key: thing[this.#observer.mind.key],
      data: thing,
      ...(previous === undefined ? {} : { previous: previous as unknown as Thing }),
      ...(changed === undefined ? {} : { changed: changed as NonNullable<Told["changed"]> }),
    };
  }
}

function unlike(told: readonly Told[], due: readonly Told[]): string[] {
  const left = [...told];
  const untold = due.filter((one) => {
    const at = left.findIndex((candidate) => isToldBy(one, candidate));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [
    ...left.map((one) => `told, and must not be: ${toldText(one)}`),
    ...untold.map((one) => `not told: ${toldText(one)}`),
  ];
}

/** True when an event is told as it must be. */
function isToldBy(due: Told, told: Told): boolean {
  const agrees = (part: Partial<Thing> = {}, whole: Partial<Thing> = {}) =>
    Object.entries(part).every(([name, value]) => whole[name as keyof Thing] === value);
  return (
    due.type === told.type &&
    due.key === told.key &&
    agrees(due.data, told.data) &&
    agrees(due.previous, told.previous) &&
    (due.changed ?? []).toSorted().join() === (told.changed ?? []).toSorted().join()
  );
}
