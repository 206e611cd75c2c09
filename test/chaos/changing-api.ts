import { json, type Seen, status, Upstream } from "../support/upstream.ts";
import type { Dice } from "./plan.ts";

const PAGE = 100;

interface Note {
  id: string;
  number: number;
  revision: number;
}

/** What an event says of a change: enough to know which one it was. */
export interface ToldChange {
  type: string;
  data: { id: string; revision: number };
}

/** The name of a change, by what is told of it. */
export function changeOf({ type, data }: ToldChange): string {
  return `${type} ${data.id} ${data.revision}`;
}

/**
 * A provider that outlives the kills and knows every change that it made. A note is changed again only once its last change has
 * been told, since a poll sees what is, and not what was in between.
 */
export class ChangingApi {
  /** Every change there was, by name: the truth. */
  readonly changes = new Set<string>();
  /** What it was asked to do, by the name of the event that this is: the caller may not have heard that it was done. */
  readonly rings = new Set<string>();
  readonly #server: Upstream;
  readonly #told = new Set<string>();
  /** Newest first. */
  #notes: Note[] = [];
  #made = 0;

  private constructor(server: Upstream) {
    this.#server = server;
  }

  static async start(): Promise<ChangingApi> {
    const server = await Upstream.start();
    const api = new ChangingApi(server);
    server.script((response, seen) => api.#answer(seen)(response, seen));
    return api;
  }

  get url(): string {
    return this.#server.url;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** A subscriber heard of a change. */
  noteTold(change: string): void {
    this.#told.add(change);
  }

  /** Makes one change: mostly a new note, now and then another revision of one, or its end. */
  change(dice: Dice): void {
    const settled = this.#notes.filter(({ id, revision }) =>
      this.#told.has(changeOf({ type: revision === 0 ? "notes.created" : "notes.updated", data: { id, revision } })),
    );
    const kind = settled.length === 0 ? 0 : dice.next();
    if (kind < 0.6) return this.create();
    const note = dice.pick(settled);
    if (kind < 0.8) {
      note.revision++;
      this.#keep("notes.updated", note);
    } else {
      this.#notes = this.#notes.filter((one) => one !== note);
      this.#keep("notes.deleted", note);
    }
  }

  create(): void {
    const number = ++this.#made;
    const note = { id: `n${number}`, number, revision: 0 };
    this.#notes.unshift(note);
    this.#keep("notes.created", note);
  }

  #keep(type: string, data: Note): void {
    this.changes.add(changeOf({ type, data }));
  }

  #answer({ method, url }: Seen) {
    if (method === "POST") return json(this.#ring());
    const { pathname, searchParams } = new URL(url, "http://api");
    const id = /^\/notes\/(.+)$/.exec(pathname)?.[1];
    if (id === undefined) return json(this.#page(Number(searchParams.get("before") ?? Infinity)));
    const note = this.#notes.find((one) => one.id === id);
    return note ? json({ ...note }) : status(404);
  }

  #ring() {
    const ring = { id: `r${this.rings.size + 1}`, revision: 0 };
    this.rings.add(changeOf({ type: "rings.created", data: ring }));
    return ring;
  }

  #page(before: number) {
    const rest = this.#notes.filter(({ number }) => number < before);
    const data = rest.slice(0, PAGE);
    const next = rest.length > PAGE ? String(data.at(-1)?.number) : null;
    return { data: data.map((note) => ({ ...note })), next };
  }
}

const FIELDS = [
  { name: "id", type: "String", selector: ["id"], primary: true },
  { name: "revision", type: "Integer", selector: ["revision"] },
];

/** The provider's connector: notes, looked at each second, their removal proved by a read; and a ring, told when it is called. */
export const NOTES_CONNECTOR = {
  manifestVersion: 1,
  handle: "notes",
  service: { baseURL: { value: "http://127.0.0.1:1" }, protocol: "http" },
  resources: [
    {
      handle: "notes",
      endpoint: { value: "/notes" },
      key: ["id"],
      fields: FIELDS,
      operations: {
        list: {
          method: "GET",
          response: { records: ["data"] },
          pagination: { style: "cursor", param: "before", next: ["next"] },
        },
        read: {
          method: "GET",
          path: { value: "/{{id}}", placeholders: [{ name: "id", type: "String", required: true }] },
        },
      },
      pollers: { main: { operation: "list", schedule: { every: "1s" }, absent: { maxFraction: 1 } } },
      webhooks: [
        { event: "notes.created", source: { type: "poll", poller: "main", on: { change: "added" } } },
        { event: "notes.updated", source: { type: "poll", poller: "main", on: { change: "changed" } } },
        { event: "notes.deleted", source: { type: "poll", poller: "main", on: { change: "removed" } } },
      ],
    },
    {
      handle: "rings",
      endpoint: { value: "/rings" },
      key: ["id"],
      fields: FIELDS,
      operations: { create: { method: "POST" } },
      webhooks: [{ event: "rings.created", source: { type: "action", operation: "create" } }],
    },
  ],
};
