import { invalidInput } from "../kernel/errors.ts";
import { ownMember } from "../kernel/json.ts";
import type { Path } from "./node.ts";

/** What a path is read from: the values given, or one member of an `each` within them. */
export interface Scope {
  value: unknown;
  outer: Scope | null;
  index: number;
  /** How many members the `each` goes through. */
  count: number;
  /** What this rendering may still make, the same for all its scopes; null = no end. */
  allowance: Allowance | null;
}

/** In steps: one for each round, member and element, and for each character of text that is put together. */
interface Allowance {
  left: number;
}

export type Read = (scope: Scope) => unknown;

/** The outermost scope: the values that a template is rendered with, and how many steps it may take (no end unless said). */
export function rootScope(values: Record<string, unknown>, most?: number): Scope {
  const allowance = most === undefined ? null : { left: most };
  return { value: values, outer: null, index: 0, count: 1, allowance };
}

/** Takes steps from what a rendering may make. Throws `invalid_input` when there are none left. */
export function spend({ allowance }: Scope, steps: number): void {
  if (allowance === null) return;
  allowance.left -= steps;
  if (allowance.left < 0) throw tooMuch();
}

/** `invalid_input` for a template that makes more of its values than it may. */
export function tooMuch(): Error {
  return invalidInput([{ at: "(template)", message: "makes more of these values than it may", code: "too_big" }]);
}

/** Compiles a path; what is not there is undefined. Own members only. */
export function compilePath(path: Path): Read {
  const { up, parts, loop } = path;
  const [name, ...deeper] = parts;
  const from = up === 0 ? (scope: Scope) => scope : (scope: Scope) => climb(scope, up);
  if (loop !== null) return (scope) => LOOP[loop](from(scope));
  if (name === undefined) return (scope) => from(scope).value;
  if (deeper.length === 0 && up === 0) return (scope) => ownMember(scope.value, name);
  return (scope) => parts.reduce(ownMember, from(scope).value);
}

const LOOP = {
  index: (scope: Scope) => scope.index,
  first: (scope: Scope) => scope.index === 0,
  last: (scope: Scope) => scope.index === scope.count - 1,
};

function climb(scope: Scope, up: number): Scope {
  let reached = scope;
  for (let i = 0; i < up && reached.outer !== null; i++) reached = reached.outer;
  return reached;
}

/** Compiles the test of an `if` by Handlebars' rule: false, 0, "", null, a missing value and an empty array are not so. */
export function compileTest(path: Path): (scope: Scope) => boolean {
  const read = compilePath(path);
  return (scope) => {
    const value = read(scope);
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
  };
}

/** Compiles the list of an `each` to one scope a member; none for a missing list. Throws `invalid_input` for what is not an array. */
export function compileList(path: Path): (scope: Scope) => Scope[] {
  const read = compilePath(path);
  return (outer) => {
    const list = read(outer);
    if (list === undefined || list === null) return [];
    if (!Array.isArray(list)) throw invalidValue(path, "an array", list);
    spend(outer, list.length);
    const { allowance } = outer;
    return list.map((value: unknown, index) => ({ value, outer, index, count: list.length, allowance }));
  };
}

/** `invalid_input` that names the placeholder, what it takes, and what kind of value came (never the value: it may be secret). */
export function invalidValue(path: Path, expected: string, value: unknown): Error {
  const message = `expected ${expected}, not ${kindOf(value)}`;
  return invalidInput([{ at: path.written, message, code: "invalid_type" }]);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  return `a ${typeof value}`;
}
