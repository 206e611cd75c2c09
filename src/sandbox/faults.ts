import { checkRule, type FaultRule } from "./fault-rules.ts";

/** How a listing is bent. */
export interface ListingFaults {
  empty: boolean;
  /** `again`: an empty page that names a next one. `repeat`: the next page is this one. */
  token: "right" | "again" | "repeat";
  pageSize: number;
}

/** All that goes wrong with one request. */
export interface RequestFaults extends ListingFaults {
  /** The first fault that answers in place of the endpoint. */
  answer: FaultRule | undefined;
  delayMs: number;
  stream: { end: "error" | "reset"; afterEvents: number } | undefined;
  paceMs: number;
}

interface FaultTarget {
  method: string;
  path: string;
  query: URLSearchParams;
}

interface ArmedRule {
  rule: FaultRule;
  pattern: RegExp | undefined;
  skip: number;
  left: number;
}

/** No fault: shared, so that a healthy request costs nothing. */
const NONE: RequestFaults = {
  empty: false,
  token: "right",
  pageSize: Number.POSITIVE_INFINITY,
  answer: undefined,
  delayMs: 0,
  stream: undefined,
  paceMs: 0,
};

/** The scripted failures of a sandbox. */
export class Faults {
  /** New batches stay `in_progress` until released or, after 24 hours, expired. */
  holdBatches = false;
  #rules: ArmedRule[] = [];

  /** Adds a rule; rules are met in the order they were added. Throws 400 for an unknown kind and for a number that is missing. */
  add(rule: FaultRule): void {
    checkRule(rule);
    this.#rules.push({ rule, pattern: toPattern(rule.path), skip: rule.skip ?? 0, left: rule.times ?? 1 });
  }

  /** Everything works again, and no new batch is held. */
  clear(): void {
    this.#rules = [];
    this.holdBatches = false;
  }

  /** The rules still to be met, with what is left of them. */
  list(): FaultRule[] {
    return this.#rules.map(({ rule, skip, left }) => ({ ...rule, skip, times: left }));
  }

  /** What goes wrong with this request; each rule that meets it is used up by one. */
  meet(target: FaultTarget): RequestFaults {
    if (this.#rules.length === 0) return NONE;
    const faults = { ...NONE };
    for (const armed of this.#rules) {
      if (!meets(armed, target)) continue;
      if (armed.skip > 0) armed.skip--;
      else apply(useUp(armed), faults);
    }
    this.#rules = this.#rules.filter(({ left }) => left >= 0);
    return faults;
  }
}

/** A rule on its last request is marked with -1; one with 0 lasts. */
function useUp(armed: ArmedRule): FaultRule {
  if (armed.left === 1) armed.left = -1;
  else if (armed.left > 1) armed.left--;
  return armed.rule;
}

function meets({ rule, pattern }: ArmedRule, { method, path, query }: FaultTarget): boolean {
  if (rule.method !== undefined && rule.method.toUpperCase() !== method) return false;
  if (pattern && !pattern.test(path)) return false;
  const later = query.has("page") || query.has("after_id") || query.has("before_id");
  return rule.page === undefined || (rule.page === "later") === later;
}

function toPattern(path: string | undefined): RegExp | undefined {
  if (path === undefined) return undefined;
  return new RegExp(
    `^${path
      .split("*")
      .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );
}

function apply(rule: FaultRule, faults: RequestFaults): void {
  switch (rule.kind) {
    case "delay":
      faults.delayMs += rule.ms;
      return;
    case "stream_error":
    case "stream_reset":
      faults.stream = { end: rule.kind === "stream_error" ? "error" : "reset", afterEvents: rule.afterEvents };
      return;
    case "stream_pace":
      faults.paceMs = rule.ms;
      return;
    case "empty_list":
      faults.empty = true;
      return;
    case "empty_page":
      faults.empty = true;
      faults.token = "again";
      return;
    case "repeat_token":
      faults.token = "repeat";
      return;
    case "page_size":
      faults.pageSize = rule.size;
      return;
    default:
      faults.answer ??= rule;
  }
}
