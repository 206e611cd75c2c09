import { describe, expect, test } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import type { StoredItem } from "../../src/model/poller.ts";
import { type DetectionRule, detect, detectRemoval } from "../../src/triggers/detect.ts";
import type { Sighting } from "../../src/triggers/diff.ts";

const ended = (record: Json) => (record as { status: string }).status === "ended";
const ADDED: DetectionRule = { type: "b.created", on: { change: "added" } };
const CHANGED: DetectionRule = { type: "b.updated", on: { change: "changed" } };
const REMOVED: DetectionRule = { type: "b.deleted", on: { change: "removed" } };
const ENDED: DetectionRule = { type: "b.ended", on: { becomes: ended, once: true, unseen: "emit" } };
const EVERY = [ADDED, CHANGED, REMOVED, ENDED];

const running = { id: "x", status: "running" };
const done = { id: "x", status: "ended" };

/** Feeds one item's sightings through detection, as sweep after sweep would. */
class History {
  item: StoredItem | null = null;
  readonly rules: DetectionRule[];

  constructor(rules: DetectionRule[]) {
    this.rules = rules;
  }

  sees(record: Json, { silent = false, kind }: { silent?: boolean; kind?: Sighting["kind"] } = {}): string[] {
    const fingerprint = JSON.stringify(record);
    const before = this.item;
    const usual =
      before === null
        ? "new"
        : before.status === "removed"
          ? "returned"
          : before.fingerprint === fingerprint
            ? "same"
            : "changed";
    return this.#keep(detect([{ kind: kind ?? usual, key: "x", record, fingerprint, before }], this.rules, silent, 0));
  }

  loses(silent = false): string[] {
    return this.#keep(detectRemoval(this.item!, this.rules, silent));
  }

  #keep({ changes, told }: ReturnType<typeof detect>): string[] {
    if (changes[0]) this.item = { n: 1, ...changes[0].after };
    return told.map((t) => `${t.type} #${t.occurrence}`);
  }
}

describe("change", () => {
  test("the baseline is silent, what comes later is told", () => {
    const history = new History(EVERY);
    expect(history.sees(running, { silent: true })).toEqual([]);
    expect(history.sees({ ...running, name: "new" })).toEqual(["b.updated #1"]);
    expect(new History(EVERY).sees(running)).toEqual(["b.created #1"]);
  });

  test("an unchanged item writes nothing", () => {
    const history = new History(EVERY);
    history.sees(running, { silent: true });
    const before = history.item;
    const again = detect([{ kind: "same", key: "x", record: running, fingerprint: "", before }], EVERY, false, 0);
    expect(again).toEqual({ changes: [], told: [] });
  });

  test("a change carries the record before it, a removal the last known one", () => {
    const history = new History(EVERY);
    history.sees(running, { silent: true });
    const [told] = detect(
      [{ kind: "changed", key: "x", record: done, fingerprint: "f", before: history.item }],
      [CHANGED],
      false,
      0,
    ).told;
    expect(told).toMatchObject({ record: done, previous: running });
    expect(detectRemoval(history.item!, [REMOVED], false).told[0]).toMatchObject({ record: running });
  });

  test("removed, made again and removed again are three events, each its own occurrence", () => {
    const history = new History([ADDED, REMOVED]);
    history.sees(running, { silent: true });
    expect([history.loses(), history.sees(running), history.loses(), history.sees(running)]).toEqual([
      ["b.deleted #1"],
      ["b.created #1"],
      ["b.deleted #2"],
      ["b.created #2"],
    ]);
  });

  test("gone and back where no removal is told, an item is told as little; gone before there was a baseline, it is new", () => {
    const untold = new History([ADDED]);
    untold.sees(running, { silent: true });
    expect([untold.loses(), untold.sees(running)]).toEqual([[], []]);
    for (const rules of [[ADDED], [ADDED, REMOVED]]) {
      const unfounded = new History(rules);
      unfounded.sees(running, { silent: true });
      expect([unfounded.loses(true), unfounded.sees(running)]).toEqual([[], ["b.created #1"]]);
    }
  });

  test("adopted prints are written and not told", () => {
    const history = new History(EVERY);
    history.sees(running, { silent: true });
    expect(history.sees({ ...running, size: 2 }, { kind: "adopted" })).toEqual([]);
    expect(history.item?.record).toEqual({ ...running, size: 2 });
  });

  test("a suspect that returns is restored in silence", () => {
    const history = new History(EVERY);
    history.sees(running, { silent: true });
    history.item = { ...history.item!, status: "suspect", absent: 1 };
    expect(history.sees(running)).toEqual([]);
    expect(history.item).toMatchObject({ status: "present", absent: 0 });
  });
});

describe("becomes", () => {
  test("fires at the transition, once, and not for what matched at the baseline", () => {
    const history = new History([ENDED]);
    history.sees(running, { silent: true });
    expect(history.sees(done)).toEqual(["b.ended #1"]);
    expect(history.sees({ ...done, note: 1 })).toEqual([]);
    const baselined = new History([ENDED]);
    baselined.sees(done, { silent: true });
    expect(baselined.sees({ ...done, note: 1 })).toEqual([]);
  });

  test("without `once` it fires at each transition", () => {
    const history = new History([{ ...ENDED, on: { becomes: ended, once: false, unseen: "emit" } }]);
    history.sees(running, { silent: true });
    expect([history.sees(done), history.sees(running), history.sees(done)]).toEqual([
      ["b.ended #1"],
      [],
      ["b.ended #2"],
    ]);
    const once = new History([ENDED]);
    once.sees(running, { silent: true });
    expect([once.sees(done), once.sees(running), once.sees(done)]).toEqual([["b.ended #1"], [], []]);
  });

  test("an item that is first seen matching fires where the manifest says so", () => {
    expect(new History([ENDED]).sees(done)).toEqual(["b.ended #1"]);
    expect(new History([{ ...ENDED, on: { becomes: ended, once: true, unseen: "ignore" } }]).sees(done)).toEqual([]);
  });

  test("two events of one transition are both told", () => {
    const expired: DetectionRule = { type: "b.expired", on: { becomes: ended, once: true, unseen: "emit" } };
    const history = new History([ENDED, expired]);
    history.sees(running, { silent: true });
    expect(history.sees(done)).toEqual(["b.ended #1", "b.expired #1"]);
  });

  test("a rule that is new in the manifest adopts what matches already", () => {
    const history = new History([ADDED]);
    history.sees(done, { silent: true });
    history.rules.push(ENDED);
    expect(history.sees(done)).toEqual([]);
    expect(history.item?.states["b.ended"]).toEqual({ matching: true, told: 0 });
  });

  test("a condition on time fires although the record is the same", () => {
    const due: DetectionRule = { type: "b.due", on: { becomes: (_, now) => now >= 10, once: true, unseen: "emit" } };
    const sighting: Sighting = { kind: "new", key: "x", record: running, fingerprint: "f", before: null };
    const first = detect([sighting], [due], false, 9);
    const before: StoredItem = { n: 1, ...first.changes[0]!.after };
    expect(first.told).toEqual([]);
    expect(detect([{ ...sighting, kind: "same", before }], [due], false, 10).told).toHaveLength(1);
  });
});
