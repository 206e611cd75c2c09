import { TidewireError } from "../kernel/errors.ts";
import { canonicalJson, type Json } from "../kernel/json.ts";
import { compileSelector, isMany, type Selector } from "./select.ts";

/** A condition as data; `"now"` in `before` and `after` is the time of the check. */
export type Predicate =
  | { all: Predicate[] }
  | { any: Predicate[] }
  | { not: Predicate }
  | {
      field: Selector;
      equals?: Json;
      in?: Json[];
      exists?: boolean;
      gt?: Json;
      gte?: Json;
      lt?: Json;
      lte?: Json;
      contains?: Json;
      before?: string;
      after?: string;
    };

type Leaf = Extract<Predicate, { field: Selector }>;
type Check = (record: Json, nowMs: number) => boolean;
/** Judges what the selector found; undefined = nothing. */
type Test = (value: Json | undefined, nowMs: number) => boolean;

/**
 * Compiles a predicate; several operators on one field must all hold. A missing value matches nothing but `exists: false`
 * (null counts as missing there) and what stands under `not`. `gt` and its kin compare two numbers or two strings;
 * `before` and `after` compare times. Throws `manifest_invalid` for a time that is none.
 */
export function compilePredicate(predicate: Predicate): Check {
  if ("all" in predicate) return every(predicate.all.map(compilePredicate));
  if ("any" in predicate) {
    const checks = predicate.any.map(compilePredicate);
    return (record, nowMs) => checks.some((check) => check(record, nowMs));
  }
  if ("not" in predicate) {
    const check = compilePredicate(predicate.not);
    return (record, nowMs) => !check(record, nowMs);
  }
  const select = compileSelector(predicate.field);
  const tests = testsOf(predicate);
  return (record, nowMs) => {
    const value = select(record);
    return tests.every((test) => test(value, nowMs));
  };
}

/** The next time after `afterMs`, ms since the epoch, at which a record must be looked at again; null when there is none. */
type DueAt = (record: Json, afterMs: number) => number | null;

/**
 * Compiles when a comparison with "now" changes its answer for a record, so that the record is looked at again then. Null
 * for a predicate that never asks for the time.
 */
export function compileDueAt(predicate: Predicate): DueAt | null {
  const turns = turningTimes(predicate);
  if (turns.length === 0) return null;
  return (record, afterMs) => {
    const times = turns.flatMap((turn) => turn(record)).filter((time) => time > afterMs);
    return times.length === 0 ? null : Math.min(...times);
  };
}

/** The selectors that a predicate looks at. */
export function predicateFields(predicate: Predicate): Selector[] {
  if ("all" in predicate) return predicate.all.flatMap(predicateFields);
  if ("any" in predicate) return predicate.any.flatMap(predicateFields);
  return "not" in predicate ? predicateFields(predicate.not) : [predicate.field];
}

function turningTimes(predicate: Predicate): ((record: Json) => number[])[] {
  if ("all" in predicate) return predicate.all.flatMap(turningTimes);
  if ("any" in predicate) return predicate.any.flatMap(turningTimes);
  if ("not" in predicate) return turningTimes(predicate.not);
  const { field, before, after } = predicate;
  if (before !== "now" && after !== "now") return [];
  const select = compileSelector(field);
  // `before` is strict: it holds from the first millisecond after the time on.
  const delays = [...(after === "now" ? [0] : []), ...(before === "now" ? [1] : [])];
  const turn = (record: Json) => {
    const time = timeOf(select(record));
    return time === null ? [] : delays.map((delay) => time + delay);
  };
  return [turn];
}

function every(checks: Check[]): Check {
  return (record, nowMs) => checks.every((check) => check(record, nowMs));
}

/** The tests of a leaf's operators, which must all hold; without one it asks whether there is a value. */
function testsOf({ field, equals, in: choices, exists, gt, gte, lt, lte, contains, before, after }: Leaf): Test[] {
  const tests = [
    equals !== undefined && isEqualTo(equals),
    choices !== undefined && isOneOf(choices),
    exists !== undefined && isThere(exists, isMany(field)),
    gt !== undefined && isOrdered(gt, (order) => order > 0),
    gte !== undefined && isOrdered(gte, (order) => order >= 0),
    lt !== undefined && isOrdered(lt, (order) => order < 0),
    lte !== undefined && isOrdered(lte, (order) => order <= 0),
    contains !== undefined && holds(contains),
    before !== undefined && isTimed(before, (time, limit) => time < limit),
    after !== undefined && isTimed(after, (time, limit) => time > limit),
  ].filter((test) => test !== false);
  return tests.length > 0 ? tests : [isThere(true, isMany(field))];
}

function isEqualTo(wanted: Json): Test {
  if (typeof wanted !== "object" || wanted === null) return (value) => value === wanted;
  const text = canonicalJson(wanted);
  return (value) => typeof value === "object" && canonicalJson(value) === text;
}

/** As equal to any of them, at the price of one look. */
function isOneOf(choices: Json[]): Test {
  const isPlain = (choice: Json | undefined) => typeof choice !== "object" || choice === null;
  const plain = new Set<Json | undefined>(choices.filter(isPlain));
  const texts = new Set(choices.filter((choice) => !isPlain(choice)).map(canonicalJson));
  return (value) => (isPlain(value) ? plain.has(value) : texts.size > 0 && texts.has(canonicalJson(value)));
}

/** Null is no value, and neither is a list of nothing that `*` or a filter made. */
function isThere(wanted: boolean, many: boolean): Test {
  return (value) => {
    const empty = value === undefined || value === null || (many && Array.isArray(value) && value.length === 0);
    return empty !== wanted;
  };
}

/** A text within a text, or a member of an array. */
function holds(wanted: Json): Test {
  const isWanted = isEqualTo(wanted);
  return (value, nowMs) => {
    if (Array.isArray(value)) return value.some((member) => isWanted(member, nowMs));
    return typeof value === "string" && typeof wanted === "string" && value.includes(wanted);
  };
}

/** `verdict` is given a number below, at or above 0; values that cannot be compared are in no order. */
function isOrdered(bound: Json, verdict: (order: number) => boolean): Test {
  return (value) => {
    if (typeof value === "number" && typeof bound === "number") return verdict(value - bound);
    if (typeof value !== "string" || typeof bound !== "string") return false;
    return verdict(value === bound ? 0 : value < bound ? -1 : 1);
  };
}

function isTimed(limit: string, verdict: (timeMs: number, limitMs: number) => boolean): Test {
  const fixed = timeOf(limit);
  if (fixed === null && limit !== "now") {
    throw new TidewireError("manifest_invalid", `"${limit}" is not a time; write "now" or 2026-01-31T12:00:00Z.`);
  }
  return (value, nowMs) => {
    const time = timeOf(value);
    return time !== null && verdict(time, fixed ?? nowMs);
  };
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*?(Z|[+-]\d{2}:?\d{2})?)?$/i;
/** As milliseconds this is 1973, as seconds the year 5138: a smaller number counts seconds. */
const FIRST_MS = 1e11;

/** A time in ms since the epoch, from ISO 8601 (UTC where it names no zone) or from seconds or ms since the epoch; else null. */
export function timeOf(value: Json | undefined): number | null {
  if (typeof value === "number") return Math.abs(value) < FIRST_MS ? value * 1_000 : value;
  const match = typeof value === "string" ? ISO_DATE.exec(value) : null;
  if (!match) return null;
  const [text, zone] = match;
  const dateOnly = text.length === "2026-01-31".length;
  const time = Date.parse(dateOnly || zone ? text : `${text}Z`);
  return Number.isNaN(time) ? null : time;
}
