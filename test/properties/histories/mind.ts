import { type Edition, type Field, FULL_SWEEP_EVERY_MS, type Setting, type Thing } from "./things.ts";

/**
 * What a perfect observer makes of what it is shown: the contract of POLLING as code. It sees every answer that the poller
 * gets, understands it, forgets nothing and never dies, so whatever it would tell must be told, and nothing else may be. All of
 * this is pure: a mind and something shown give another mind and the events to tell.
 */
export interface Mind {
  /** What the things are told apart by; another key makes it forget them all. */
  key: Edition["key"];
  /** False until the first complete sweep has ended: what is there before is adopted, and not told. */
  isBaselined: boolean;
  lastCompleteAt: number | null;
  known: ReadonlyMap<string, Belief>;
}

/** What it believes of one thing. */
export interface Belief {
  thing: Thing;
  /** The fields that it was compared by. */
  compared: readonly Field[];
  /** By event: whether the condition held when it was seen last. A condition that was declared since is not in it. */
  holds: Readonly<Record<string, boolean>>;
  /** The events that were told and are told once for ever. */
  toldOnce: readonly string[];
  /** Complete sweeps in a row that lacked it. */
  absent: number;
  /** `held`: too many went at once; `gone`: its removal was told; `dismissed`: a person had it not told. */
  status: "present" | "suspect" | "held" | "gone" | "dismissed";
}

/** An event as it must be told. Of the last known record only the compared fields are promised. */
export interface Told {
  type: string;
  key: string;
  data: Partial<Thing>;
  previous?: Partial<Thing>;
  changed?: readonly Field[];
}

export interface Outcome {
  mind: Mind;
  told: Told[];
  /** False when there is nothing new to remember: then nothing is stored. */
  isNews: boolean;
}

interface Condition {
  type: string;
  isMet(thing: Thing, now: number): boolean;
  once: boolean;
  tellsUnseen: boolean;
}

const isDone = ({ state }: Thing) => state === "done";
const isExpired = ({ expires_at }: Thing, now: number) => expires_at !== null && Date.parse(expires_at) < now;
const READY: Condition = { type: "things.ready", isMet: isDone, once: false, tellsUnseen: false };
const CONDITIONS: Condition[] = [
  { type: "things.done", isMet: isDone, once: false, tellsUnseen: true },
  { type: "things.expired", isMet: isExpired, once: true, tellsUnseen: true },
];

/** Lists shorter than this are not guarded. */
const GUARDED_FROM = 10;

export const NOTHING_KNOWN = { isBaselined: false, known: new Map<string, Belief>() };

/** It is kept from now on under this key. */
export function understandBy(mind: Mind, { key }: Edition): Outcome {
  const isNews = mind.key !== key;
  return { mind: isNews ? { ...mind, ...NOTHING_KNOWN, key } : mind, told: [], isNews };
}

/** Things are shown, in a page of the list or by a read. What this sweep showed before counts, and is left out of `things`. */
export function seeThings(mind: Mind, edition: Edition, things: readonly Thing[], now: number): Outcome {
  const known = new Map(mind.known);
  const told: Told[] = [];
  let isNews = false;
  for (const thing of things) {
    const before = known.get(thing[mind.key]);
    const seen = seeThing(before, edition, thing, mind, now);
    if (before && isSame(before, seen.belief)) continue;
    known.set(thing[mind.key], seen.belief);
    told.push(...seen.told);
    isNews = true;
  }
  return { mind: { ...mind, known }, told, isNews };
}

function seeThing(before: Belief | undefined, edition: Edition, thing: Thing, { key, isBaselined }: Mind, now: number) {
  const isFresh = !before || before.status === "gone";
  const told: Told[] = [];
  const tell = (type: string, more: Partial<Told> = {}) => told.push({ type, key: thing[key], data: thing, ...more });
  const { compared } = edition;
  if (isFresh) tell("things.created");
  else if (isPrinted(before, compared) && differs(before.thing, thing, compared)) {
    const changed = compared.filter((field) => before.thing[field] !== thing[field]);
    tell("things.updated", { previous: pick(before.thing, compared), changed });
  }
  const holds = { ...before?.holds };
  const toldOnce = [...(before?.toldOnce ?? [])];
  for (const { type, isMet, once, tellsUnseen } of edition.ready ? [...CONDITIONS, READY] : CONDITIONS) {
    const holdsNow = isMet(thing, now);
    // Of a condition that is new in the manifest, what meets it already is adopted.
    const heldBefore = !isFresh && (holds[type] ?? holdsNow);
    holds[type] = holdsNow;
    if (!isBaselined || !holdsNow || heldBefore || toldOnce.includes(type) || (isFresh && !tellsUnseen)) continue;
    tell(type);
    if (once) toldOnce.push(type);
  }
  const belief: Belief = { thing, compared, holds, toldOnce, absent: 0, status: "present" };
  return { belief, told: isBaselined ? told : [] };
}

/** The list was read to its end without these: they are suspects, or held where too many went at once. */
export function missThings(
  mind: Mind,
  sweep: { seen: ReadonlySet<string>; records: number; knownAtStart: number; heldAtStart: readonly string[] },
): Outcome {
  const absent = knownKeys(mind).filter((key) => !sweep.seen.has(key));
  const isGuarded = sweep.knownAtStart >= GUARDED_FROM && absent.length > 0;
  const hold = isGuarded && (sweep.records === 0 || absent.length > sweep.knownAtStart / 2);
  const release = !hold && sweep.heldAtStart.some((key) => sweep.seen.has(key));
  const known = new Map(mind.known);
  let isNews = false;
  for (const key of absent) {
    const before = known.get(key) as Belief;
    if (before.status === "held" && !release) continue;
    known.set(key, { ...before, absent: before.absent + 1, status: hold ? "held" : "suspect" });
    isNews = true;
  }
  return { mind: { ...mind, known }, told: [], isNews };
}

/** The suspects that were absent for long enough: each must be read. */
export function needingProof({ known }: Mind, { polls }: Setting): string[] {
  return [...known].filter(([, { status, absent }]) => status === "suspect" && absent >= polls).map(([key]) => key);
}

/** A complete sweep has ended, and of the suspects these were read: found, or said not to be. */
export function endComplete(mind: Mind, reads: ReadonlyMap<string, "found" | "not found">, now: number): Outcome {
  const known = new Map(mind.known);
  const told: Told[] = [];
  for (const [key, answer] of reads) {
    const before = known.get(key) as Belief;
    if (answer === "found") known.set(key, { ...before, absent: 0, status: "present" });
    else {
      known.set(key, gone(before));
      if (mind.isBaselined) told.push(removal(key, before));
    }
  }
  return { mind: { ...mind, known, isBaselined: true, lastCompleteAt: now }, told, isNews: true };
}

/** A person settles what is held: `release` tells that it is gone, `dismiss` does not. */
export function settleHeld(mind: Mind, how: "release" | "dismiss"): Outcome {
  const known = new Map(mind.known);
  const told: Told[] = [];
  for (const [key, before] of mind.known) {
    if (before.status !== "held") continue;
    known.set(key, how === "release" ? gone(before) : { ...before, status: "dismissed" });
    if (how === "release") told.push(removal(key, before));
  }
  return { mind: { ...mind, known }, told, isNews: true };
}

/** The keys of what it takes to be there. */
export function knownKeys({ known }: Mind): string[] {
  return [...known].filter(([, { status }]) => status !== "gone" && status !== "dismissed").map(([key]) => key);
}

/** In `head` mode: what may still change, as it was last known. */
export function openKeys(mind: Mind): string[] {
  return knownKeys(mind).filter((key) => mind.known.get(key)?.thing.state === "open");
}

/** True when a sweep that begins now reads the list to its end. By a clock that was put back nobody knows for how long none did. */
export function readsAll({ isBaselined, lastCompleteAt }: Mind, { mode }: Setting, now: number): boolean {
  if (mode === "snapshot" || !isBaselined || lastCompleteAt === null) return true;
  return now < lastCompleteAt || now - lastCompleteAt >= FULL_SWEEP_EVERY_MS;
}

/** True when it believes of a thing what is so. */
export function isUpToDate({ known, key }: Mind, thing: Thing): boolean {
  const belief = known.get(thing[key]);
  return belief?.status === "present" && !differs(belief.thing, thing, belief.compared);
}

function gone(before: Belief): Belief {
  return {
    ...before,
    status: "gone",
    holds: Object.fromEntries(Object.keys(before.holds).map((type) => [type, false])),
  };
}

function removal(key: string, { thing, compared }: Belief): Told {
  return { type: "things.deleted", key, data: pick(thing, compared) };
}

/** True when it was compared by the same fields; else what changed is adopted. */
function isPrinted(before: Belief, compared: readonly Field[]): boolean {
  return before.compared.join() === compared.join();
}

function differs(a: Thing, b: Thing, fields: readonly Field[]): boolean {
  return fields.some((field) => a[field] !== b[field]);
}

function pick(thing: Thing, fields: readonly Field[]): Partial<Thing> {
  return Object.fromEntries(fields.map((field) => [field, thing[field]]));
}

/** True when nothing of a thing is new to remember. */
function isSame(before: Belief, after: Belief): boolean {
  const types = Object.keys(after.holds);
  return (
    before.status === "present" &&
    isPrinted(before, after.compared) &&
    !differs(before.thing, after.thing, after.compared) &&
    types.every((type) => before.holds[type] === after.holds[type])
  );
}
