import type { Json } from "../kernel/json.ts";
import type { ItemEventState, StoredItem } from "../model/poller.ts";
import type { ItemWrite } from "../store/acts.ts";
import type { Sighting } from "./diff.ts";

/** When an event of a poller is told. */
type Trigger =
  | { change: "added" | "changed" | "removed" }
  | { becomes: (record: Json, nowMs: number) => boolean; once: boolean; unseen: "emit" | "ignore" };

/** An event of a poller, as far as detection needs it. */
export interface DetectionRule {
  /** `files.created`. */
  type: string;
  on: Trigger;
}

/** One thing to tell: the how-many-eth time it is for this item is part of its identity. */
export interface Told {
  type: string;
  key: string;
  /** 1 for the first time. */
  occurrence: number;
  record: Json;
  /** The record before the change; only for `changed`. */
  previous?: Json;
}

/** A row to write beside what it replaces; null for a new item. */
export interface ItemChange {
  before: StoredItem | null;
  after: ItemWrite;
}

export interface Detection {
  /** An unchanged item has none. */
  changes: ItemChange[];
  told: Told[];
}

/** What the sightings of a page mean. `silent` (before the baseline is complete) adopts everything and tells nothing. */
export function detect(
  sightings: readonly Sighting[],
  rules: readonly DetectionRule[],
  silent: boolean,
  nowMs: number,
): Detection {
  const detection: Detection = { changes: [], told: [] };
  for (const sighting of sightings) {
    const judged = new ItemJudgement(sighting.key, sighting.record, sighting.before);
    for (const rule of rules) judge(judged, sighting, rule, silent, nowMs);
    detection.told.push(...judged.told);
    if (judged.statesMoved || sighting.kind !== "same" || sighting.before?.status !== "present") {
      detection.changes.push({ before: sighting.before, after: written(sighting, judged.states) });
    }
  }
  return detection;
}

/**
 * The row and the events of an item whose removal is proved: they carry its last known record. Where no removal is told, its
 * return is not either; but one that was gone before there was a baseline (`silent`) is new when it comes.
 */
export function detectRemoval(item: StoredItem, rules: readonly DetectionRule[], silent: boolean): Detection {
  const isTold = rules.some(({ on }) => "change" in on && on.change === "removed");
  if (!isTold && !silent) return dismissal(item);
  const judged = new ItemJudgement(item.key, item.record, item);
  for (const rule of rules) {
    if ("becomes" in rule.on) judged.setMatching(rule.type, false);
    else if (rule.on.change === "removed" && !silent) judged.tell(rule.type);
  }
  const after: ItemWrite = { ...withoutNumber(item), status: "removed", states: judged.states };
  return { changes: [{ before: item, after }], told: judged.told };
}

/** Has an item known no more, in silence. */
export function dismissal(item: StoredItem): Detection {
  return { changes: [{ before: item, after: { ...withoutNumber(item), status: "dismissed" } }], told: [] };
}

function judge(judged: ItemJudgement, sighting: Sighting, rule: DetectionRule, silent: boolean, nowMs: number): void {
  const fresh = sighting.kind === "new" || sighting.kind === "returned";
  if (!("becomes" in rule.on)) {
    if (silent) return;
    if (rule.on.change === "added" && fresh) judged.tell(rule.type);
    if (rule.on.change === "changed" && sighting.kind === "changed") judged.tell(rule.type, sighting.before?.record);
    return;
  }
  const matching = rule.on.becomes(sighting.record, nowMs);
  const state = judged.states[rule.type];
  // A rule that is new in the manifest knows no item yet: what matches already is adopted in silence.
  const matched = fresh ? false : (state?.matching ?? matching);
  judged.setMatching(rule.type, matching);
  if (silent || !matching || matched) return;
  if (rule.on.once && (state?.told ?? 0) > 0) return;
  if (fresh && rule.on.unseen === "ignore") return;
  judged.tell(rule.type);
}

/** Collects what the rules say of one item. */
class ItemJudgement {
  readonly told: Told[] = [];
  states: Record<string, ItemEventState>;
  statesMoved = false;
  readonly #key: string;
  readonly #record: Json;

  constructor(key: string, record: Json, before: StoredItem | null) {
    this.#key = key;
    this.#record = record;
    this.states = before?.states ?? {};
  }

  setMatching(type: string, matching: boolean): void {
    const state = this.states[type];
    if (state?.matching !== matching) this.#set(type, { matching, told: state?.told ?? 0 });
  }

  tell(type: string, previous?: Json): void {
    const state = this.states[type];
    const occurrence = (state?.told ?? 0) + 1;
    this.#set(type, { matching: state?.matching ?? false, told: occurrence });
    const told = { type, key: this.#key, occurrence, record: this.#record };
    this.told.push(previous === undefined ? told : { ...told, previous });
  }

  #set(type: string, state: ItemEventState): void {
    this.states = { ...this.states, [type]: state };
    this.statesMoved = true;
  }
}

function written(sighting: Sighting, states: Record<string, ItemEventState>): ItemWrite {
  const { key, fingerprint, record } = sighting;
  return { key, fingerprint, record, states, absent: 0, status: "present" };
}

/** An item as the store takes it: its number is the store's own. */
export function withoutNumber({ n: _, ...item }: StoredItem): ItemWrite {
  return item;
}
