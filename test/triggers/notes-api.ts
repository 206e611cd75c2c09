import type { Json } from "../../src/kernel/json.ts";
import { type Http, HttpFailure, type HttpResponse } from "../../src/net/port.ts";
import { bodyOf } from "../support/http-body.ts";

export interface Note {
  id: string;
  title: string;
  state: "open" | "done";
  views: number;
  [field: string]: Json;
}

/** What a request may be answered with instead of the truth. */
export type Fault =
  | { status: number; body?: Json; headers?: Record<string, string> }
  | { text: string; type: string }
  | { breaks: true };

/**
 * A little API of notes: `GET /notes` newest first in pages, `GET /notes/{id}`. A page is cut by its offset, as with many real
 * APIs, so that an insert or a delete between two pages makes records slide; or, `byId`, begins after the id it is asked for.
 */
export class NotesApi {
  notes: Note[] = [];
  pageSize = 2;
  /** Pages by `after=<id>`, with `last_id` and `has_more`; an id that is not there any more is an error. */
  byId = false;
  /** True once a page was asked for behind an id that is gone. */
  lostItsPlace = false;
  /** Members that an answer has beside its list, such as a number that is never the same. */
  envelope: () => Record<string, Json> = () => ({});
  /** Further headers of an answer. */
  heads: () => Record<string, string> = () => ({});
  /** Paths that were asked for, in order: `/notes`, `/notes?page=2`, `/notes/n1`. */
  asked: string[] = [];
  /** Keys that are good. */
  keys = new Set(["k"]);
  /** Bodies that were posted. */
  posted: Json[] = [];
  /** Runs before the page of that number (1, 2 …) is answered. */
  beforePage: (page: number) => void = () => undefined;
  /** Replaces the answer to a page; undefined lets it be. */
  pageFault: (page: number) => Fault | undefined = () => undefined;
  readFault: (id: string) => Fault | undefined = () => undefined;
  /** Every record that a page gave, in order. */
  served: Note[] = [];
  /** Holds every answer back until it is resolved. */
  gate: Promise<void> = Promise.resolve();

  add(...ids: string[]): void {
    for (const id of ids) this.notes.unshift({ id, title: `title of ${id}`, state: "open", views: 0 });
  }

  change(id: string, patch: Partial<Note>): void {
    this.notes = this.notes.map((note) => (note.id === id ? ({ ...note, ...patch } as Note) : note));
  }

  remove(...ids: string[]): void {
    this.notes = this.notes.filter((note) => !ids.includes(note.id));
  }

  heal(): void {
    this.beforePage = () => undefined;
    this.pageFault = () => undefined;
    this.readFault = () => undefined;
    this.envelope = () => ({});
  }

  /** How many pages of a listing by id were asked for. */
  #pages = 0;

  readonly http: Http = async (request, signal) => {
    const answered = await this.#answer(request, signal);
    return { ...answered, headers: { ...answered.headers, ...this.heads() } };
  };

  readonly #answer: Http = async (request, signal) => {
    const { pathname, search, searchParams } = new URL(request.url);
    this.asked.push(pathname + search);
    await this.gate;
    if (signal.aborted) throw new HttpFailure("aborted", "the call was aborted", true, signal.reason);
    if (!this.keys.has(request.headers["x-api-key"] ?? "")) {
      return answer({ status: 401, body: { error: { type: "authentication_error", message: "bad key" } } });
    }
    if (request.method === "POST") return this.#post(JSON.parse(String(request.body)) as Json);
    const id = /^\/notes\/(.+)$/.exec(pathname)?.[1];
    if (id !== undefined) return this.#read(id);
    if (this.byId) return this.#pageAfter(searchParams.get("after"));
    return this.#page(Number(searchParams.get("page") ?? "1"));
  };

  #page(page: number): HttpResponse {
    this.beforePage(page);
    const from = (page - 1) * this.pageSize;
    const data = this.notes.slice(from, from + this.pageSize);
    const next_page = from + this.pageSize < this.notes.length ? String(page + 1) : null;
    return this.#served(page, { data, next_page });
  }

  #pageAfter(id: string | null): HttpResponse {
    this.#pages = id === null ? 1 : this.#pages + 1;
    this.beforePage(this.#pages);
    const from = id === null ? 0 : this.notes.findIndex((note) => note.id === id) + 1;
    if (id !== null && from === 0) {
      this.lostItsPlace = true;
      return answer({ status: 400, body: { error: `after: there is no ${id}` } });
    }
    const data = this.notes.slice(from, from + this.pageSize);
    const has_more = from + this.pageSize < this.notes.length;
    return this.#served(this.#pages, { data, has_more, last_id: data.at(-1)?.id ?? null });
  }

  #served(page: number, body: { data: Note[]; [member: string]: Json }): HttpResponse {
    const fault = this.pageFault(page);
    if (!fault) this.served.push(...body.data);
    return answer(fault ?? { status: 200, body: { ...body, ...this.envelope() } });
  }

  #post(body: Json): HttpResponse {
    this.posted.push(body);
    return answer({
      status: 200,
      body: { id: `l${this.posted.length}`, ...(body as object), secret_stamp: "raw only" },
    });
  }

  #read(id: string): HttpResponse {
    const note = this.notes.find((candidate) => candidate.id === id);
    return answer(
      this.readFault(id) ?? (note ? { status: 200, body: note } : { status: 404, body: { error: "no such note" } }),
    );
  }
}

export function answer(fault: Fault): HttpResponse {
  if ("breaks" in fault) throw new HttpFailure("reset", "the connection was reset", true);
  if ("text" in fault) return { status: 200, headers: { "content-type": fault.type }, body: bodyOf(fault.text) };
  const headers = { "content-type": "application/json", "x-account": "org_7", ...fault.headers };
  return { status: fault.status, headers, body: bodyOf(JSON.stringify(fault.body ?? {})) };
}
