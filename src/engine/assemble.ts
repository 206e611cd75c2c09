import { isObject, type Json, type JsonObject, ownMember, parseJson, setMember } from "../kernel/json.ts";
import type { AssembleRule, AssembleStep, Place } from "../manifest/assembly.ts";
import type { SseEvent } from "../model/reply.ts";
import { selectValue } from "./select.ts";

/** A record that is put together while its events pass. */
export interface Assembly {
  /** Takes the next event. Gives the record with the event that ends the stream well, else undefined. Never throws. */
  take(event: SseEvent): Json | undefined;
}

/** The most that is put together, in characters of data: as much as is read of an answer that comes whole. */
const MOST = 32 * 1024 * 1024;

type Key = string | number;

/**
 * Puts together what the manifest says that the events make up. Events that it does not name change nothing; one that cannot
 * be what it says (an index beyond the end, a text where members should be) means that there will be no record.
 */
export function assemble(rule: AssembleRule): Assembly {
  const building: Building = { below: {}, pieces: new Map() };
  let size = 0;
  let isOver = false;
  return {
    take(event) {
      size += event.data.length;
      if (isOver || size > MOST) return undefined;
      isOver = endsWell(rule, event);
      const data = parseJson(event.data);
      if (data !== undefined && !takeSteps(rule.steps, event.event, data, building)) isOver = true;
      else if (isOver) return finish(building);
      return undefined;
    },
  };
}

interface Building {
  /** The record is its member `record`, so that it can be put like any other value. */
  below: JsonObject;
  /** Texts of JSON values that are not whole yet, by place. */
  pieces: Map<string, { keys: Key[]; text: string }>;
}

function endsWell({ end }: AssembleRule, { event, data }: SseEvent): boolean {
  return "event" in end ? event === end.event : data === end.data;
}

/** False when an event does not fit. */
function takeSteps(steps: readonly AssembleStep[], name: string | null, data: Json, building: Building): boolean {
  return steps.every((step) => {
    if (step.on !== null && step.on !== name) return true;
    const value = selectValue(step.from, data);
    if (value === undefined) return true;
    const keys = keysOf(step.at, data);
    return keys !== null && VERBS[step.do](keys, value, building);
  });
}

/** Null when the event does not name a key that it should. */
function keysOf(place: Place, data: Json): Key[] | null {
  const keys: Key[] = ["record"];
  for (const step of place) {
    const key = typeof step === "object" ? selectValue(step.$event, data) : step;
    if (typeof key !== "string" && typeof key !== "number") return null;
    keys.push(key);
  }
  return keys;
}

type Verb = (keys: Key[], value: Json, building: Building) => boolean;

const VERBS: Record<AssembleStep["do"], Verb> = {
  set: (keys, value, { below }) => change(below, keys, () => value),
  merge: (keys, value, { below }) => change(below, keys, (old) => merged(old, value)),
  append: (keys, value, { below }) => change(below, keys, (old) => lengthened(old, value)),
  push: (keys, value, { below }) => change(below, keys, (old) => [...(Array.isArray(old) ? old : []), value]),
  json(keys, value, { pieces }) {
    if (typeof value !== "string") return false;
    const place = JSON.stringify(keys);
    pieces.set(place, { keys, text: (pieces.get(place)?.text ?? "") + value });
    return true;
  },
};

/** Members that are null say nothing: what is known stays. */
function merged(old: Json | undefined, value: Json): Json | undefined {
  if (!isObject(value)) return undefined;
  const result: JsonObject = isObject(old) ? { ...(old as JsonObject) } : {};
  for (const [key, member] of Object.entries(value as JsonObject)) {
    if (member !== null || ownMember(result, key) === undefined) setMember(result, key, member);
  }
  return result;
}

function lengthened(old: Json | undefined, value: Json): Json | undefined {
  if (typeof value !== "string" || (old !== undefined && old !== null && typeof old !== "string")) return undefined;
  return (old ?? "") + value;
}

/** Replaces the value at a place by what `next` makes of it. False when it cannot stand there, or `next` gives nothing. */
function change(below: JsonObject, keys: Key[], next: (old: Json | undefined) => Json | undefined): boolean {
  let container: Json = below;
  for (const [n, key] of keys.entries()) {
    const old = memberOf(container, key);
    const isLast = n === keys.length - 1;
    const value: Json | undefined = isLast ? next(old) : (old ?? (typeof keys[n + 1] === "number" ? [] : {}));
    if (value === undefined || !put(container, key, value)) return false;
    container = value;
  }
  return true;
}

function memberOf(container: Json, key: Key): Json | undefined {
  if (Array.isArray(container)) return typeof key === "number" ? container[key] : undefined;
  return typeof key === "string" ? (ownMember(container, key) as Json | undefined) : undefined;
}

/** False where there can be no such member; an array grows by one at a time. */
function put(container: Json, key: Key, value: Json): boolean {
  if (Array.isArray(container)) {
    if (typeof key !== "number" || !Number.isInteger(key) || key < 0 || key > container.length) return false;
    container[key] = value;
    return true;
  }
  if (!isObject(container) || typeof key !== "string") return false;
  setMember(container as JsonObject, key, value);
  return true;
}

/** A JSON value that was cut short leaves what stands at its place. */
function finish({ below, pieces }: Building): Json | undefined {
  for (const { keys, text } of pieces.values()) {
    const value = parseJson(text);
    if (value !== undefined) change(below, keys, () => value);
  }
  return memberOf(below, "record");
}
