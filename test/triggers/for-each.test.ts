import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureConnection } from "../../src/connections/ensure.ts";
import type { Json } from "../../src/kernel/json.ts";
import { normalise } from "../../src/manifest/normalise.ts";
import type { StoredPoller, Sweep } from "../../src/model/poller.ts";
import type { Http } from "../../src/net/port.ts";
import { runningOf, stopSweeps, sweepNow, sweepsDone } from "../../src/triggers/sweeps.ts";
import { tick } from "../../src/triggers/tick.ts";
import { settle } from "../support/manual-clock.ts";
import { answer } from "./notes-api.ts";
import { Rig } from "./rig.ts";

const FIELDS = ["id", "role"].map((name) => ({ name, type: "String" as const, selector: [name] }));
const room = { name: "room_id", type: "String" as const, required: true };
const guest = { name: "guest_id", type: "String" as const, required: true };

/** Rooms, and who is in each: a guest's id is unique in a room only, and its record does not say of which room it is. */
const CONNECTOR = normalise({
  connector: {
    manifestVersion: 1,
    handle: "rooms-api",
    service: {
      baseURL: { value: "https://rooms.example" },
      retry: { max: 0 },
      rateLimit: [{ headers: { limit: "x-limit", remaining: "x-remaining", reset: "x-reset" }, reserve: 0.2 }],
    },
    paginations: { pages: { style: "cursor", param: "page", next: ["next_page"] } },
  },
  resources: [
    {
      handle: "rooms",
      endpoint: { value: "/rooms" },
      operations: { list: { method: "GET", response: { records: ["data"] }, pagination: "pages" } },
    },
    {
      handle: "guests",
      endpoint: { value: "/rooms" },
      fields: [...FIELDS, { name: "room", type: "String", selector: ["$parent", "room_id"] }],
      operations: {
        list: {
          method: "GET",
          path: { value: "/{{room_id}}/guests", placeholders: [room] },
          response: { records: ["data"] },
          pagination: "pages",
        },
        read: { method: "GET", path: { value: "/{{room_id}}/guests/{{guest_id}}", placeholders: [room, guest] } },
      },
      pollers: { main: { operation: "list", forEach: { operation: "rooms.list", input: { room_id: ["id"] } } } },
      webhooks: [
        { event: "guests.created", source: { type: "poll", poller: "main", on: { change: "added" } } },
        { event: "guests.updated", source: { type: "poll", poller: "main", on: { change: "changed" } } },
        { event: "guests.deleted", source: { type: "poll", poller: "main", on: { change: "removed" } } },
      ],
    },
  ],
  whole: true,
  file: "connector.json",
  at: () => "connector.json:1:1",
});

let rig: Rig;
let rooms: Map<string, { id: string; role: string }[]>;
/** Answers in place of the truth, by path. */
let faults: Map<string, { status: number; body?: Json }>;
let asked: string[];
/** What each answer says is left, of ten, by how many were given before it; nothing where there is none. */
let left: Record<number, number>;
/** Rooms that are there but not listed, as one that was archived. */
let hidden: string[];

const api: Http = async (request, signal) => {
  const remaining = left[asked.length];
  const { headers, ...answered } = await truth(request, signal);
  if (remaining === undefined) return { headers, ...answered };
  const said = { "x-limit": "10", "x-remaining": String(remaining), "x-reset": "120" };
  return { ...answered, headers: { ...headers, ...said } };
};

const truth: Http = async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  asked.push(pathname);
  const fault = faults.get(pathname);
  if (fault) return answer(fault);
  const [, , id, , guestId] = pathname.split("/").map(decodeURIComponent);
  if (id === undefined)
    return page(
      [...rooms.keys()].filter((one) => !hidden.includes(one)).map((one) => ({ id: one })),
      searchParams,
    );
  const guests = rooms.get(id);
  if (!guests) return answer({ status: 404, body: {} });
  if (guestId === undefined) return page(guests, searchParams);
  const found = guests.find((one) => one.id === guestId);
  return found ? answer({ status: 200, body: found }) : answer({ status: 404, body: {} });
};

function page(all: Json[], search: URLSearchParams) {
  const from = Number(search.get("page") ?? 0);
  return answer({
    status: 200,
    body: { data: all.slice(from, from + 2), next_page: from + 2 < all.length ? String(from + 2) : null },
  });
}

beforeEach(async () => {
  rig = await Rig.open();
  rooms = new Map([
    ["a", [guestOf("1"), guestOf("2"), guestOf("3")]],
    ["b", [guestOf("1")]],
    ["c", []],
  ]);
  faults = new Map();
  asked = [];
  left = {};
  hidden = [];
  rig.ports.upstream = api;
  rig.ports.connectors = [CONNECTOR];
  await ensureConnection(rig.ports, {
    connector: "rooms-api",
    name: "default",
    credentials: {},
    params: {},
    owner: "key_1",
  });
});
afterEach(async () => {
  await stopSweeps(rig.ports);
  await rig.close();
});

const guestOf = (id: string, role = "guest") => ({ id, role });

async function poller(): Promise<StoredPoller> {
  const found = (await rig.ports.store.pollers.all()).find(({ resource }) => resource === "guests");
  if (!found) throw new Error("there is no poller");
  return found;
}

async function sweep(): Promise<Sweep> {
  asked = [];
  await rig.clock.advance(60_000);
  return sweepNow(rig.ports, (await poller()).id);
}

/** What sweeps told: `guests.created a/1`. */
async function told(sweeps = 1): Promise<string[]> {
  for (let n = 0; n < sweeps; n++) await sweep();
  const events = await rig.events();
  return events
    .map(({ type, data }) => `${type} ${(data as { room: string }).room}/${(data as { id: string }).id}`)
    .sort();
}

describe("the lists of all parents are one listing", () => {
  test("each item is known by its parent too, and the first complete sweep is the baseline", async () => {
    expect(await sweep()).toMatchObject({ complete: true, items: 4, events: 0 });
    expect(asked).toEqual([
      "/rooms",
      "/rooms",
      "/rooms/a/guests",
      "/rooms/a/guests",
      "/rooms/b/guests",
      "/rooms/c/guests",
    ]);
    expect(await rig.events()).toEqual([]);
  });

  test("what is new, changed and gone is told with its parent", async () => {
    await sweep();
    rooms.get("b")?.push(guestOf("2"));
    rooms.set("a", [guestOf("1", "host"), guestOf("3")]);
    expect(await told()).toEqual(["guests.created b/2", "guests.updated a/1"]);
    expect(await told()).toEqual(["guests.deleted a/2"]);
    expect(asked).toContain("/rooms/a/guests/2");
  });

  test("a new parent's items are new", async () => {
    await sweep();
    rooms.set("d", [guestOf("1")]);
    expect(await told()).toEqual(["guests.created d/1"]);
  });

  test("one that moves to another parent is gone here and new there", async () => {
    await sweep();
    rooms.set("a", [guestOf("1"), guestOf("3")]);
    rooms.set("c", [guestOf("2")]);
    expect(await told(3)).toEqual(["guests.created c/2", "guests.deleted a/2"]);
  });

  test("ids with any characters do not run into each other", async () => {
    rooms = new Map([
      ['a","1', [guestOf("x")]],
      ["a", [guestOf('1","x'), guestOf("/?#")]],
    ]);
    await sweep();
    expect((await poller()).items).toBe(3);
    rooms.set("a", [guestOf('1","x')]);
    expect(await told(2)).toEqual(["guests.deleted a//?#"]);
  });

  test("pages that are as before are not parsed, and each parent's are its own", async () => {
    rooms.set("b", [guestOf("1"), guestOf("2"), guestOf("3")]); // byte for byte the list of a
    await sweep();
    expect(await sweep()).toMatchObject({ complete: true, items: 6, added: 0 });
    rooms.set("b", [guestOf("1"), guestOf("2")]);
    expect(await told(2)).toEqual(["guests.deleted b/3"]);
  });
});

describe("the list above is asked as the other lists are", () => {
  const TWO_MINUTES = 120_000;

  /** A sweep that nobody asked for. */
  async function due(): Promise<void> {
    const { id } = await poller();
    asked = [];
    await rig.ports.store.pollers.update(id, { nextRunAt: rig.clock.now() });
    await tick(rig.ports);
    await settle();
  }

  test("between two of its pages the sweep waits until the provider's limit leaves room, and is complete then", async () => {
    left = { 0: 1 };
    await due();
    expect(asked).toEqual(["/rooms"]);
    expect([...runningOf(rig.ports.store).values()]).toMatchObject([{ isResting: true }]);
    await rig.clock.advance(TWO_MINUTES - 1);
    expect(asked).toEqual(["/rooms"]);
    await rig.clock.advance(1);
    await sweepsDone(rig.ports);
    expect(asked).toHaveLength(6);
    expect(await poller()).toMatchObject({ items: 4, baselinedAt: rig.clock.now() });
  });

  test("what its last page leaves counts for the first of the others", async () => {
    left = { 1: 1 };
    await due();
    expect(asked).toEqual(["/rooms", "/rooms"]);
    await rig.clock.advance(TWO_MINUTES);
    await sweepsDone(rig.ports);
    expect(await poller()).toMatchObject({ items: 4, baselinedAt: rig.clock.now() });
  });

  test("no room for too long is no failure, and proves nothing", async () => {
    await sweep();
    rooms.delete("b");
    rig.ports.upstream = async (request, signal) => {
      const { headers, ...answered } = await truth(request, signal);
      return { ...answered, headers: { ...headers, "x-limit": "10", "x-remaining": "0", "x-reset": "1500" } };
    };
    await due();
    await sweepsDone(rig.ports);
    expect(asked).toEqual(["/rooms"]);
    const { id } = await poller();
    const [last] = await rig.ports.store.pollers.sweeps(id, 1);
    expect(last).toMatchObject({ complete: false, error: expect.stringContaining("rate limit") });
    expect(await poller()).toMatchObject({ consecutiveFailures: 0, state: "active", items: 4 });
  });

  test("a retry-after of it puts the poller off, and the account's others too", async () => {
    await sweep();
    rig.ports.upstream = async (request, signal) => {
      const { headers, ...answered } = await truth(request, signal);
      return { ...answered, status: 429, headers: { ...headers, "retry-after": "600" } };
    };
    await due();
    await sweepsDone(rig.ports);
    expect(await poller()).toMatchObject({ nextRunAt: rig.clock.now() + 600_000, cadence: "backing_off" });
    await due();
    await sweepsDone(rig.ports);
    expect(asked).toEqual([]);
    expect(await poller()).toMatchObject({ nextRunAt: rig.clock.now() + 600_000, cadence: "rate_limited" });
  });
});

describe("a parent whose list fails", () => {
  test.each([403, 404, 500])(
    "with %i makes the sweep incomplete: what is new in the others is told, what is gone only after two complete ones",
    async (status) => {
      await sweep();
      const { lastCompleteAt } = await poller();
      faults.set("/rooms/a/guests", { status });
      rooms.set("b", [guestOf("9")]);
      const error: unknown = expect.stringContaining("1 of 3 lists");
      for (let n = 0; n < 3; n++) expect(await sweep()).toMatchObject({ complete: false, removed: 0, error });
      expect(await told()).toEqual(["guests.created b/9"]);
      expect(await poller()).toMatchObject({ consecutiveFailures: 0, state: "active", items: 5, lastCompleteAt });
      faults.clear();
      expect([await told(), await told()]).toEqual([[], ["guests.deleted b/1"]]);
    },
  );

  test("because it was deleted meanwhile is not asked for again: the next sweep is complete", async () => {
    await sweep();
    faults.set("/rooms/b/guests", { status: 404 });
    expect(await sweep()).toMatchObject({ complete: false });
    faults.clear();
    rooms.delete("b");
    expect([await told(), await told()]).toEqual([[], ["guests.deleted b/1"]]);
  });

  test("on its second page leaves what the first page lacks alone", async () => {
    await sweep();
    rooms.set("a", [guestOf("1")]);
    faults.set("/rooms/a/guests", { status: 200, body: { data: [guestOf("1")], next_page: "nowhere" } });
    rig.ports.upstream = async (request, signal) =>
      request.url.includes("nowhere") ? answer({ status: 500, body: {} }) : api(request, signal);
    expect(await told(3)).toEqual([]);
    expect((await poller()).items).toBe(4);
  });

  test("keeps the first sweep from being a baseline: its items would else be told as new", async () => {
    faults.set("/rooms/b/guests", { status: 500 });
    await sweep();
    expect((await poller()).baselinedAt).toBeNull();
    faults.clear();
    expect(await told()).toEqual([]);
    expect((await poller()).baselinedAt).not.toBeNull();
  });

  test("is a failure of the poller when all fail, or when it says so of the whole account", async () => {
    await sweep();
    faults.set("/rooms/a/guests", { status: 401 });
    await sweep();
    expect(await poller()).toMatchObject({ state: "needs_reauth", consecutiveFailures: 1 });
    expect(asked).not.toContain("/rooms/b/guests");
    faults = new Map(["a", "b", "c"].map((id) => [`/rooms/${id}/guests`, { status: 500 }]));
    await sweep();
    expect((await poller()).consecutiveFailures).toBe(2);
  });
});

describe("a parent that is gone", () => {
  test("takes its items along once each is proved gone", async () => {
    await sweep();
    rooms.delete("b");
    expect(await told()).toEqual([]);
    expect(await told()).toEqual(["guests.deleted b/1"]);
  });

  test("from its list only keeps its items: they answer when they are read", async () => {
    await sweep();
    hidden = ["b"];
    expect(await told(3)).toEqual([]);
    expect((await poller()).items).toBe(4);
  });

  test("with a list above that fails or is incomplete proves nothing", async () => {
    await sweep();
    rooms.delete("b");
    faults.set("/rooms", { status: 200, body: { data: [{ id: "a" }], next_page: "same" } });
    expect(await told(4)).toEqual([]);
    faults.set("/rooms", { status: 503 });
    await sweep();
    expect((await poller()).consecutiveFailures).toBe(1);
    faults.set("/rooms", { status: 200, body: { data: [{ name: "no id" }], next_page: null } });
    expect(await sweep()).toMatchObject({ complete: false, error: expect.stringContaining("forEach") });
    expect(await told()).toEqual([]);
  });

  test("with all of them, from a list that is empty, is held", async () => {
    rooms = new Map([["a", Array.from({ length: 12 }, (_, n) => guestOf(String(n)))]]);
    await sweep();
    const before = rooms;
    rooms = new Map();
    expect(await sweep()).toMatchObject({ complete: true, held: 12 });
    rooms = before;
    expect(await sweep()).toMatchObject({ complete: true, held: 0 });
    expect(await rig.events()).toMatchObject([{ type: "tidewire.poller.held" }]);
  });
});
