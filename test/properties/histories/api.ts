import type { Json, JsonObject } from "../../../src/kernel/json.ts";
import { HttpFailure, type HttpRequest, type HttpResponse } from "../../../src/net/port.ts";
import { bodyOf } from "../../support/http-body.ts";
import type { Collection } from "./collection.ts";
import type { Paging, Thing } from "./things.ts";

/** What an answer may be instead of the truth; what makes no sense for a read leaves it alone, or says "not found". */
export const FAULTS = [
  "500",
  "503",
  "429",
  "429 later",
  "401",
  "403",
  "time-out",
  "reset",
  "html",
  "cut off",
  "no records",
  "empty, with a next page",
  "empty",
  "repeated token",
  "keyless",
  "twice",
] as const;
export type Fault = (typeof FAULTS)[number];

/** How the list is served. */
export interface Manner {
  pageSize: number;
  /** Tokens are another with each answer. */
  restless: boolean;
  /** A cursor whose thing is gone still leads on; else it is refused. */
  forgiving: boolean;
  /** Each answer has a member that is never the same. */
  noisy: boolean;
}

/** What an answer says to who understands it. */
export type Shown =
  | { what: "page"; things: Thing[]; keyless: number; isLast: boolean }
  | { what: "read"; key: string; thing: Thing | "not found" | null }
  | { what: "failure" };

interface Answer {
  response: HttpResponse | HttpFailure;
  shown: Shown;
}

const NO_ANSWER: Partial<Record<Fault, HttpFailure["kind"]>> = { "time-out": "timeout", reset: "reset" };
const HEADERS = { "content-type": "application/json" };

/** The API over the truth: a list in pages, newest first, and one thing by its key. It answers what it is told to. */
export class ThingsApi {
  readonly manner: Manner;
  readonly #truth: Collection;
  readonly #paging: Paging;
  /** The list says that there is nothing, with 200; `all`: each read says so too. */
  hidden: "no" | "list" | "all" = "no";
  /** The members of records come in another order. */
  shuffled = false;
  #answers = 0;

  constructor(truth: Collection, paging: Paging, manner: Manner) {
    this.#truth = truth;
    this.#paging = paging;
    this.manner = { ...manner };
  }

  answer(request: HttpRequest, fault: Fault | null): Answer {
    this.#answers++;
    const { pathname, searchParams } = new URL(request.url);
    const key = /^\/things\/(.+)$/.exec(pathname)?.[1];
    const failing = fault === null ? null : failure(fault, key !== undefined);
    if (failing) return { response: failing, shown: unreadable(key) };
    return key === undefined ? this.#page(searchParams, fault) : this.#read(key, fault);
  }

  #read(key: string, fault: Fault | null): Answer {
    const lies = fault === "empty" || fault === "empty, with a next page" || this.hidden === "all";
    const thing = lies ? undefined : this.#truth.get(key);
    if (!thing) {
      return { response: json(404, { error: "no such thing" }), shown: { what: "read", key, thing: "not found" } };
    }
    return { response: json(200, this.#written(thing)), shown: { what: "read", key, thing } };
  }

  #page(query: URLSearchParams, fault: Fault | null): Answer {
    const token = query.get("after") ?? query.get("token") ?? query.get("offset") ?? query.get("page");
    const rest = this.#from(token);
    if (!rest) return { response: json(400, { error: `there is no ${token}` }), shown: { what: "failure" } };
    const things = this.hidden === "no" ? rest.slice(0, this.manner.pageSize) : [];
    const isLast = things.length === 0 || rest.length <= things.length;
    const leads = this.#leads(things.at(-1), isLast);
    if (fault === "empty") return this.#served([], this.#leads(undefined, true), true);
    if (fault === "empty, with a next page") return this.#served([], leads, isLast);
    if (fault === "repeated token" && token !== null) return this.#served(things, this.#leadsTo(token), false);
    if (fault === "keyless" && things.length > 0) return this.#served(things, leads, isLast, { keyless: true });
    if (fault === "twice" && things.length > 0) return this.#served(things, leads, isLast, { twice: true });
    return this.#served(things, leads, isLast);
  }

  /** What is listed from a token on; null for a token that leads nowhere. */
  #from(token: string | null): Thing[] | null {
    const { things } = this.#truth;
    const { pageSize, forgiving } = this.manner;
    const paging = this.#paging;
    if (token === null) return things;
    if (paging === "offset") return things.slice(Number(token));
    if (paging === "page") return things.slice((Number(token) - 1) * pageSize);
    if (paging === "token") return this.#truth.below(Number(token.split("~")[0]));
    const rank = this.#truth.rankOf(token);
    if (rank === undefined || (!forgiving && !this.#truth.get(token))) return null;
    return this.#truth.below(rank);
  }

  #leads(last: Thing | undefined, isLast: boolean): JsonObject {
    const paging = this.#paging;
    if (paging === "id") return { last_id: last?.id ?? null, has_more: !isLast };
    if (paging !== "token") return { has_more: !isLast };
    const rank = last && this.#truth.rankOf(last.id);
    return { next: isLast || rank === undefined ? null : `${rank}${this.manner.restless ? `~${this.#answers}` : ""}` };
  }

  #leadsTo(token: string): JsonObject {
    return { last_id: token, next: token, has_more: true };
  }

  #served(things: Thing[], leads: JsonObject, isLast: boolean, odd: { keyless?: true; twice?: true } = {}): Answer {
    const [first, ...others] = things;
    const data: Json[] = things.map((thing) => this.#written(thing));
    if (first && odd.keyless) data[0] = { title: first.title };
    if (first && odd.twice) data.push(this.#written({ ...first, title: `not ${first.title}` }));
    const noise: JsonObject = this.manner.noisy ? { request: this.#answers } : {};
    const readable = odd.keyless ? others : things;
    const keyless = odd.keyless ? 1 : 0;
    return {
      response: json(200, { data, ...leads, ...noise }),
      shown: { what: "page", things: readable, keyless, isLast },
    };
  }

  #written(thing: Thing): JsonObject {
    const members = Object.entries(thing) as [string, Json][];
    return Object.fromEntries(this.shuffled ? members.reverse() : members);
  }
}

function unreadable(key: string | undefined): Shown {
  return key === undefined ? { what: "failure" } : { what: "read", key, thing: null };
}

/** The answer that is no answer; null for a fault of another kind. */
function failure(fault: Fault, isRead: boolean): Answer["response"] | null {
  const kind = NO_ANSWER[fault];
  if (kind) return new HttpFailure(kind, "there was no answer", true);
  if (fault === "html")
    return { status: 200, headers: { "content-type": "text/html" }, body: bodyOf("<h1>Hello</h1>") };
  if (fault === "cut off") return { status: 200, headers: HEADERS, body: bodyOf('{"data": [{"id": "n') };
  if (fault === "no records" && !isRead) return json(200, { nothing: true });
  if (fault === "429 later") return json(429, { error: "slow down" }, { "retry-after": "120" });
  return /^\d+$/.test(fault) ? json(Number(fault), { error: "no" }) : null;
}

function json(status: number, value: Json, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers: { ...HEADERS, ...headers }, body: bodyOf(JSON.stringify(value)) };
}
