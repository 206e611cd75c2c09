import { isObject, type Json, ownMember } from "../kernel/json.ts";

/**
 * A way into a record, step by step: a key; an index (negative ones count from the end); `*` for every member of an array;
 * `[k=v]` and `[k!=v]` for those members whose `k`, as text, is (not) `v`.
 */
export type Selector = (string | number)[];

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
  if (isMany(selector)) return compileMany(selector.map((step) => compileStep(step, false)));
  const [step] = selector;
  if (step !== undefined && selector.length === 1) return compileMember(step); // as nearly all are
  return (record) => selector.reduce<unknown>(memberOf, record) as Json | undefined;
}

/** Compiles a selector as `compileSelector` does, but nothing is found where one of many lacks what a step goes into. */
export function compileStrictSelector(selector: Selector): (record: Json) => Json | undefined {
  return isMany(selector) ? compileMany(selector.map((step) => compileStep(step, true))) : compileSelector(selector);
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

function compileStep(step: string | number, isStrict: boolean): Step {
  if (step === "*") return (reached) => spread(reached, isStrict);
  const filter = typeof step === "string" ? FILTER.exec(step) : null;
  if (filter) return compileFilter(filter[1] ?? "", filter[2] === "=", filter[3] ?? "");
  return (reached) => into(reached, step, isStrict);
}

function compileFilter(key: string, equal: boolean, text: string): Step {
  const passes = (member: unknown) => (textOf(memberOf(member, key)) === text) === equal;
  return (reached) => {
    const members = membersOf(reached);
    return members && { filtered: members.filter(passes) };
  };
}

/** `*`: every member, of every array where there are many. */
function spread(reached: Reached, isStrict: boolean): Reached | undefined {
  if ("many" in reached) {
    const arrays = reached.many.filter((member) => Array.isArray(member));
    return isStrict && arrays.length < reached.many.length ? undefined : { many: arrays.flat() };
  }
  const members = membersOf(reached);
  return members && { many: members };
}

function membersOf(reached: Reached): unknown[] | undefined {
  if ("many" in reached) return reached.many;
  if ("filtered" in reached) return reached.filtered;
  return Array.isArray(reached.one) ? reached.one : undefined;
}

function into(reached: Reached, step: string | number, isStrict: boolean): Reached | undefined {
  if ("one" in reached) return found(memberOf(reached.one, step));
  if ("filtered" in reached && typeof step === "number") return found(reached.filtered.at(step));
  const many = "many" in reached ? reached.many : reached.filtered;
  const members = many.map((member) => memberOf(member, step)).filter((member) => member !== undefined);
  return isStrict && members.length < many.length ? undefined : { many: members };
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
