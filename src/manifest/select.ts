import { movePoint } from "../kernel/decimal.ts";
import { isObject, type Json, type JsonObject, ownMember, setMember } from "../kernel/json.ts";

/**
 * A way into a record, step by step: a key; an index (negative ones count from the end); `*` for every member of an array;
 * `[k=v]` and `[k!=v]` for those members whose `k`, as text, is (not) `v`.
 */
export type Selector = (string | number)[];

/** What reading a field takes of its declaration. */
export interface Selectable {
  name: string;
  type: string;
  selector: Selector;
  /** Other selectors to try, in order. */
  alternatives: Selector[];
  /** Of a Decimal: by how many places its point is moved to the right. */
  scale?: number;
  /** The fields of an Object, or of each of an Array of them. */
  fields?: readonly Selectable[] | null;
}

/** What was reached: one value, an array that was filtered and not gone into yet, or many values at once. */
type Reached = { one: unknown } | { filtered: unknown[] } | { many: unknown[] };
type Step = (reached: Reached) => Reached | undefined;

const FILTER = /^\[([^=!\]]+)(!?=)(.*)\]$/s;

/**
 * Compiles a selector; `undefined` means that nothing was found. A key or index after `*` or a filter goes into each member
 * (an index after a filter picks one of those left), so the result is an array, flattened where `*` follows `*`.
 * It never throws, and sees own members only.
 */
export function compileSelector(selector: Selector): (record: Json) => Json | undefined {
  if (isMany(selector)) return compileMany(selector.map(compileStep));
  const [step] = selector;
  if (step !== undefined && selector.length === 1) return compileMember(step); // as nearly all are
  return (record) => selector.reduce<unknown>(memberOf, record) as Json | undefined;
}

function compileMany(steps: readonly Step[]): (record: Json) => Json | undefined {
  return (record) => {
    let reached: Reached | undefined = { one: record };
    for (const step of steps) {
      reached = step(reached);
      if (reached === undefined) return undefined;
    }
    const found = "one" in reached ? reached.one : "many" in reached ? reached.many : reached.filtered;
    return found as Json | undefined;
  };
}

/** True for a selector with a `*` or a filter: what it finds is an array of what it passed. */
export function isMany(selector: Selector): boolean {
  return selector.some((step) => step === "*" || isFilter(step));
}

/** True for a step that keeps some members of an array: `[k=v]`, `[k!=v]`. */
export function isFilter(step: string | number): boolean {
  return typeof step === "string" && FILTER.test(step);
}

function compileStep(step: string | number): Step {
  if (step === "*") return spread;
  const filter = typeof step === "string" ? FILTER.exec(step) : null;
  return filter ? compileFilter(filter[1] ?? "", filter[2] === "=", filter[3] ?? "") : (reached) => into(reached, step);
}

function compileFilter(key: string, equal: boolean, text: string): Step {
  const passes = (member: unknown) => (textOf(memberOf(member, key)) === text) === equal;
  return (reached) => {
    const members = membersOf(reached);
    return members && { filtered: members.filter(passes) };
  };
}

/** `*`: every member, of every array where there are many. */
function spread(reached: Reached): Reached | undefined {
  if ("many" in reached) return { many: reached.many.filter((member) => Array.isArray(member)).flat() };
  const members = membersOf(reached);
  return members && { many: members };
}

function membersOf(reached: Reached): unknown[] | undefined {
  if ("many" in reached) return reached.many;
  if ("filtered" in reached) return reached.filtered;
  return Array.isArray(reached.one) ? reached.one : undefined;
}

function into(reached: Reached, step: string | number): Reached | undefined {
  if ("one" in reached) return found(memberOf(reached.one, step));
  if ("filtered" in reached && typeof step === "number") return found(reached.filtered.at(step));
  const many = "many" in reached ? reached.many : reached.filtered;
  return { many: many.map((member) => memberOf(member, step)).filter((member) => member !== undefined) };
}

function found(one: unknown): Reached | undefined {
  return one === undefined ? undefined : { one };
}

function memberOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === "number" ? value.at(step) : undefined;
  return typeof step === "string" ? ownMember(value, step) : undefined;
}

/** One step, as `memberOf`; a name that no plain object inherits needs no look at whose member it is. */
function compileMember(step: string | number): (value: Json) => Json | undefined {
  if (typeof step === "number" || step in Object.prototype) return (value) => memberOf(value, step) as Json | undefined;
  return (value) => (isObject(value) ? value[step] : undefined) as Json | undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  return value === null ? "null" : undefined;
}

/** Compiles a field: its value by the first of its selectors that finds one; null when none does. Never throws. */
export function compileField(field: Selectable): (record: Json) => Json {
  const selects = [field.selector, ...field.alternatives].map(compileSelector);
  const shape = compileShape(field);
  return (record) => {
    for (const select of selects) {
      const value = shape(select(record));
      if (value !== null) return value;
    }
    return null;
  };
}

/** What a field of this type makes of the value that was found; null is as if nothing were. */
function compileShape({ type, scale, fields }: Selectable): (value: Json | undefined) => Json {
  if (type === "String") return joinedText;
  if (type === "Decimal") return (value) => movePoint(value, scale ?? 0);
  if (!fields) return (value) => value ?? null;
  const select = compileFields(fields);
  const each = (value: Json): Json => (isObject(value) ? select(value) : value);
  return (value = null) => (Array.isArray(value) ? value.map(each) : each(value));
}

/** All texts of an array as one; an array that holds anything else stays as it is. */
function joinedText(value: Json | undefined): Json {
  if (!Array.isArray(value)) return value ?? null;
  const members = value.filter((member) => member !== null);
  if (members.length === 0) return null;
  return members.every((member) => typeof member === "string") ? members.join("") : value;
}

/** Compiles fields to a flat record of them, by name and in their order. */
export function compileFields(fields: readonly Selectable[]): (record: Json) => JsonObject {
  const plain = fields.filter((field) => isPlain(field) && isAlone(field, fields));
  const others = fields
    .filter((field) => !plain.includes(field))
    .map((field) => [field.name, compileField(field)] as const);
  const empty: JsonObject = {};
  for (const { name } of fields) setMember(empty, name, null);
  const fill = compilePlain(plain);
  return (record) => {
    const result = { ...empty }; // whose members are there is filled in a tenth faster
    fill(result, record);
    for (const [name, select] of others) setMember(result, name, select(record));
    return result;
  };
}

/** True for a field that is one member of the record, as nearly all are: it needs no function of its own unless it is an object. */
function isPlain({ name, type, selector, alternatives, fields }: Selectable): boolean {
  const [step] = selector;
  const isOneMember =
    typeof step === "string" && selector.length === 1 && !isMany(selector) && !(step in Object.prototype);
  return isOneMember && alternatives.length === 0 && type !== "Decimal" && !fields && name !== "__proto__";
}

/** False where a field of the same name is another: the last of them counts, be it null. */
function isAlone({ name }: Selectable, fields: readonly Selectable[]): boolean {
  return fields.filter((field) => field.name === name).length === 1;
}

/** Fills in such fields: in a list of 1,000 records this loop is a tenth of all the work. */
function compilePlain(fields: readonly Selectable[]): (result: JsonObject, record: Json) => void {
  const names = fields.map(({ name }) => name);
  const keys = fields.map(({ selector }) => String(selector[0]));
  const selects = fields.map(compileField);
  return (result, record) => {
    if (!isObject(record)) return;
    for (let n = 0; n < keys.length; n++) {
      const value = record[keys[n] as string] as Json | undefined;
      if (value === undefined || value === null) continue;
      result[names[n] as string] = typeof value === "object" ? (selects[n]?.(record) ?? null) : value;
    }
  };
}
