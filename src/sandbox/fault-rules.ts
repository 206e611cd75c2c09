import { isObject } from "../kernel/json.ts";
import { invalidRequest } from "./api-error.ts";

/** What goes wrong. Statuses answer in place of the endpoint; the rest bend what it answers. */
export type Fault =
  | { kind: "not_found" }
  | { kind: "rate_limited" /** Seconds; left out = no `retry-after`. */; retryAfter?: number }
  | { kind: "spend_limit" }
  | { kind: "server_error" }
  | { kind: "overloaded" }
  | { kind: "status"; status: number; type?: string; message?: string; code?: string }
  | { kind: "html" /** 502 unless given. */; status?: number }
  | { kind: "delay"; ms: number }
  | { kind: "reset" }
  | { kind: "stream_error" /** Events, or lines of results, sent before it. */; afterEvents: number }
  | { kind: "stream_reset"; afterEvents: number }
  | { kind: "stream_pace" /** Pause before each event. */; ms: number }
  | { kind: "empty_list" }
  | { kind: "empty_page" }
  | { kind: "repeat_token" }
  | { kind: "page_size"; size: number };

/** A fault and the requests that it meets. */
export type FaultRule = Fault & {
  /** Any method when left out. */
  method?: string;
  /** `/v1/files`, or with `*` for any run of characters: `/v1/messages/batches/*`. Any path when left out. */
  path?: string;
  /** Only a listing's first page, or only the later ones. */
  page?: "first" | "later";
  /** How many requests it meets; 1 unless given, 0 = until cleared. */
  times?: number;
  /** How many matching requests pass unharmed first. */
  skip?: number;
  /** Added to the answer of a status fault, such as `x-should-retry`. */
  headers?: Record<string, string>;
};

/** The numbers that each kind cannot do without. */
const NEEDED: Record<Fault["kind"], readonly string[]> = {
  not_found: [],
  rate_limited: [],
  spend_limit: [],
  server_error: [],
  overloaded: [],
  status: ["status"],
  html: [],
  delay: ["ms"],
  reset: [],
  stream_error: ["afterEvents"],
  stream_reset: ["afterEvents"],
  stream_pace: ["ms"],
  empty_list: [],
  empty_page: [],
  repeat_token: [],
  page_size: ["size"],
};
const NUMBERS = ["status", "ms", "afterEvents", "size", "retryAfter", "times", "skip"];
const TEXTS = ["method", "path", "type", "message", "code"];

/** Throws 400 for an unknown kind and for a member that is missing or of the wrong type: rules also come over HTTP. */
export function checkRule(rule: FaultRule): void {
  const members: Record<string, unknown> = { ...rule };
  if (!Object.hasOwn(NEEDED, rule.kind)) {
    throw invalidRequest(`kind: "${rule.kind}" is none of ${Object.keys(NEEDED).join(", ")}`);
  }
  for (const name of NUMBERS) {
    const isNeeded = NEEDED[rule.kind].includes(name);
    const value = members[name];
    if (value === undefined ? isNeeded : !(typeof value === "number" && value >= (name === "size" ? 1 : 0))) {
      throw invalidRequest(`${name}: a fault of kind "${rule.kind}" needs a number here`);
    }
  }
  for (const name of TEXTS) {
    if (members[name] !== undefined && typeof members[name] !== "string") throw invalidRequest(`${name}: needs a text`);
  }
  if (rule.page !== undefined && rule.page !== "first" && rule.page !== "later") {
    throw invalidRequest('page: needs "first" or "later"');
  }
  const headers: unknown = rule.headers ?? {};
  if (!isObject(headers) || Object.values(headers).some((value) => typeof value !== "string")) {
    throw invalidRequest("headers: needs texts by name");
  }
}
