import { describe, expect, test } from "vitest";
import { follow } from "../../src/events/follow.ts";
import { followersOf } from "../../src/events/followers.ts";
import type { TidewireError } from "../../src/kernel/errors.ts";
import { newId } from "../../src/kernel/ids.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { decodeCursor, encodeCursor } from "../../src/kernel/page.ts";
import { problemOf } from "../../src/kernel/problem.ts";
import type { Store } from "../../src/store/contract.ts";
import { ALICE, actor, BOB, Desk } from "../delivery/desk.ts";
import { settle } from "../support/manual-clock.ts";
import { aKey } from "../support/store-rows.ts";
import { FeedReader } from "./feed.ts";

const DAY = 86_400_000;

/** Counts what is read from the log. */
function counted() {
  const reads = { count: 0 };
  const wrap = (store: Store): Store => ({
    ...store,
    events: {
      ...store.events,
      list: (page) => {
        reads.count++;
        return store.events.list(page);
      },
    },
  });
  return { reads, wrap };
}

describe("the stream of events", () => {
  test("begins now, and tells each event when it is stored, as the log has it", async () => {
    const desk = await Desk.open();
    await desk.tell();
    const reader = await FeedReader.open(desk);
    const next = reader.next();
    const second = await desk.tell();
    const message = await next;
    expect(message).toMatchObject({ event: "files.created" });
    if (message === null || "heartbeat" in message) throw new Error("no event");
    expect(JSON.parse(message.data)).toEqual(await desk.value("events.get", { id: second.id }));
    const third = await desk.tell();
    expect(await reader.take(1)).toEqual([third.id]);
  });

  test("goes on exactly after a cursor, an event's id or a moment, or begins at the start", async () => {
    const desk = await Desk.open();
    const [one, two, three] = [await desk.tell(), await desk.tell(), await desk.tell()];
    const all = await FeedReader.open(desk, { after: "start" });
    expect(await all.take(2)).toEqual([one.id, two.id]);
    const resumed = await FeedReader.open(desk, { after: all.lastId ?? "" });
    expect(await resumed.take(1)).toEqual([three.id]);
    expect(await (await FeedReader.open(desk, { after: one.id })).take(2)).toEqual([two.id, three.id]);
    await desk.clock.advance(1_000);
    const four = await desk.tell();
    const since = await FeedReader.open(desk, { since: "2026-11-20T08:00:01Z" });
    expect(await since.take(1)).toEqual([four.id]);
    const later = await FeedReader.open(desk, { since: "2027-01-01T00:00:00Z" });
    const next = later.take(1);
    await desk.tell();
    const five = await desk.tell({ timestamp: Date.UTC(2027, 0, 1) });
    expect(await next).toEqual([five.id]);
  });

  test("crosses page after page, in the order of commits", async () => {
    const desk = await Desk.open();
    const ids: string[] = [];
    for (let n = 0; n < 120; n++) ids.push((await desk.tell()).id);
    expect(await (await FeedReader.open(desk, { after: "start" })).take(120)).toEqual(ids);
  });

  test.each([
    ["files.deleted", ["b"]],
    ["files.*", ["a", "b"]],
    ["files.deleted, skills.*", ["b", "c"]],
    [
      ["files.deleted", "skills.*"],
      ["b", "c"],
    ],
    ["claude-api/skills.*", ["c"]],
    ["*", ["a", "b", "c"]],
    ["tidewire.*", ["d"]],
    [[], ["a", "b", "c", "d"]],
  ])("tells of %j only those", async (type, wanted) => {
    const desk = await Desk.open();
    const named = new Map<string, string>();
    for (const [name, kind] of Object.entries({
      a: "files.created",
      b: "files.deleted",
      c: "skills.created",
      d: "tidewire.poller.held",
    })) {
      named.set((await desk.tell({ type: kind })).id, name);
    }
    const reader = await FeedReader.open(desk, { after: "start", type });
    expect((await reader.take(wanted.length)).map((id) => named.get(id))).toEqual(wanted);
    // The list knows the same patterns, both ways.
    const names = async (input: object) =>
      (await desk.list("events.list", { type, ...input })).map((e) => named.get(String(e.id)));
    expect(await names({ after: "start" })).toEqual(wanted);
    expect(await names({})).toEqual([...wanted].reverse());
  });

  test("tells a bound key of its connections only, and of the one it names", async () => {
    const desk = await Desk.open();
    const [work, home] = [await desk.connect("work"), await desk.connect("home")];
    const mine = await desk.tell({ connectionId: work.id, connection: "work" });
    const other = await desk.tell({ connectionId: home.id, connection: "home" });
    const last = await desk.tell({ connectionId: work.id, connection: "work" });
    const bound = actor("key_bound", [work.id]);
    expect(await (await FeedReader.open(desk, { after: "start" }, bound)).take(2)).toEqual([mine.id, last.id]);
    expect(await (await FeedReader.open(desk, { after: "start", connection: "home" })).take(1)).toEqual([other.id]);
    await expect(desk.ask("events.stream", { connection: "home" }, bound)).rejects.toMatchObject({ code: "not_found" });
    await expect(desk.ask("events.stream", { after: other.id }, bound)).rejects.toMatchObject({ code: "not_found" });
  });

  test.each([
    ["nonsense", "invalid_cursor"],
    [encodeCursor("con_1"), "invalid_cursor"],
    [encodeCursor(-1), "invalid_cursor"],
    [encodeCursor(0.5), "invalid_cursor"],
    [encodeCursor("1:"), "invalid_cursor"],
    [encodeCursor("1:-2"), "invalid_cursor"],
    ["evt_01J9ZK3V6Q8T5W2X4Y7B0C1D2E", "not_found"],
  ])("refuses to go on after %s", async (after, code) => {
    const desk = await Desk.open();
    await expect(desk.ask("events.stream", { after })).rejects.toMatchObject({ code });
    await expect(desk.ask("events.list", { after })).rejects.toMatchObject({ code });
  });

  test("refuses a type that there is not, with the one that was probably meant", async () => {
    const desk = await Desk.open();
    await expect(desk.ask("events.stream", { type: "files.*,skils.*" })).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining('did you mean "skills.*"?') as string,
      errors: [{ at: "type.1" }],
    });
  });

  test("needs the scope", async () => {
    const desk = await Desk.open();
    const limited = { ...ALICE, scopes: ["subscriptions" as const] };
    await expect(desk.ask("events.stream", {}, limited)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("a silent stream", () => {
  test("has a heartbeat every 15 seconds, which moves on past what was not asked for", async () => {
    const desk = await Desk.open();
    const reader = await FeedReader.open(desk, { type: "skills.*" });
    const before = reader.lastId ?? "";
    const next = reader.take(1);
    await desk.tell();
    await desk.clock.advance(14_999);
    await desk.tell();
    await desk.clock.advance(1);
    expect(await next).toEqual(["heartbeat"]);
    expect(Number(decodeCursor(reader.lastId ?? ""))).toBe(Number(decodeCursor(before)) + 2);
  });

  test("keeps its beat when the clock is put back", async () => {
    const desk = await Desk.open();
    const reader = await FeedReader.open(desk);
    const beats: string[] = [];
    const listen = async () => {
      for (;;) beats.push(...(await reader.take(1)));
    };
    void listen();
    await desk.clock.advance(10_000);
    desk.clock.jump(-3_600_000);
    await desk.clock.advance(15_000); // said nothing for an hour
    expect(beats).toEqual(["heartbeat"]);
    await desk.clock.advance(15_000);
    expect(beats).toEqual(["heartbeat", "heartbeat"]);
  });

  test("has it in time too when the clock is put back while it reads", async () => {
    let onRead = () => {};
    const wrap = (store: Store): Store => ({
      ...store,
      events: {
        ...store.events,
        ends: () => {
          onRead();
          return store.events.ends();
        },
      },
    });
    const desk = await Desk.open({ wrap });
    const reader = await FeedReader.open(desk);
    onRead = () => {
      desk.clock.jump(-3_600_000);
      onRead = () => {};
    };
    const next = reader.take(1);
    let isTold = false;
    void next.then(() => (isTold = true));
    await desk.clock.advance(15_000);
    expect(isTold).toBe(true);
  });

  test("reads nothing while nothing is committed", async () => {
    const { reads, wrap } = counted();
    const desk = await Desk.open({ wrap });
    const reader = await FeedReader.open(desk);
    const beats = reader.take(4);
    await settle();
    const atRest = reads.count;
    await desk.clock.advance(60_000);
    expect(await beats).toEqual(["heartbeat", "heartbeat", "heartbeat", "heartbeat"]);
    expect(reads.count).toBe(atRest);
  });

  test("a thousand of them read an event once for all", async () => {
    const { reads, wrap } = counted();
    const desk = await Desk.open({ wrap });
    const readers = await Promise.all(Array.from({ length: 1_000 }, () => FeedReader.open(desk)));
    const next = readers.map((reader) => reader.take(1));
    await settle();
    const atRest = reads.count;
    const { id } = await desk.tell();
    expect(new Set((await Promise.all(next)).flat())).toEqual(new Set([id]));
    expect(reads.count - atRest).toBe(1);
  });

  test("nobody is woken any more who has left", async () => {
    const desk = await Desk.open();
    const caller = new AbortController();
    const messages = follow(
      desk.ports,
      ALICE,
      { types: [], connections: null },
      { seq: 0, removals: null },
      caller.signal,
    );
    await messages.next();
    const pending = desk.clock.pending;
    const next = messages.next();
    await settle();
    expect(desk.clock.pending).toBe(pending + 1);
    caller.abort();
    expect(await next).toEqual({ value: undefined, done: true });
    expect(desk.clock.pending).toBe(pending);
  });
});

test("a read that fails breaks the stream off, and the next one reads anew", async () => {
  let fails = false;
  const desk = await Desk.open({
    wrap: (store) => ({
      ...store,
      events: {
        ...store.events,
        list: (page) => (fails ? Promise.reject(new Error("disk")) : store.events.list(page)),
      },
    }),
  });
  const { id } = await desk.tell();
  const reader = await FeedReader.open(desk, { after: "start" });
  fails = true;
  await expect(reader.next()).rejects.toThrow("disk");
  fails = false;
  expect(await (await FeedReader.open(desk, { after: "start" })).take(1)).toEqual([id]);
});

describe("a slow reader", () => {
  test("is read for no further than it asks", async () => {
    const { reads, wrap } = counted();
    const desk = await Desk.open({ wrap });
    for (let n = 0; n < 200; n++) await desk.tell();
    const reader = await FeedReader.open(desk, { after: "start" });
    const before = reads.count;
    await reader.take(3);
    await settle();
    expect(reads.count - before).toBe(1);
    await reader.take(100);
    expect(reads.count - before).toBe(3);
  });

  test("that retention overtakes is told of the gap, and goes on behind it", async () => {
    const desk = await Desk.open();
    for (let n = 0; n < 60; n++) await desk.tell();
    const reader = await FeedReader.open(desk, { after: "start" });
    await reader.take(50); // a page
    await desk.clock.advance(DAY);
    const last = await desk.tell();
    await desk.ports.store.prune(desk.clock.now(), 100);
    expect(await reader.take(2)).toEqual(["gap", last.id]);
  });
});

describe("old events that are kept, for they still have to be delivered", () => {
  /** Of seven events the first two are kept; an eighth is new. */
  const pruned = async () => {
    const desk = await Desk.open({ schedule: "48h" });
    const live = await FeedReader.open(desk);
    const { id: sub } = await desk.subscribe("https://hooks.example.com/a", {
      filter: { field: ["data", "filename"], equals: "slow" },
    });
    const told = [await desk.tell({ data: { filename: "slow" } }), await desk.tell({ data: { filename: "slow" } })];
    const cursors = [await readTo(live, 1), await readTo(live, 1)];
    for (let n = 3; n <= 7; n++) told.push(await desk.tell());
    await desk.clock.advance(DAY);
    told.push(await desk.tell());
    await desk.ports.store.prune(desk.clock.now(), 100);
    const ids = told.map(({ id }) => id);
    const letGo = async () => {
      for (const { id } of await desk.list("deliveries.list", { subscription: sub }))
        await desk.ask("deliveries.cancel", { id: String(id) });
      await desk.ports.store.prune(desk.clock.now(), 100);
    };
    return { desk, kept: [ids[0], ids[1], ids[7]], cursor: cursors[0] ?? "", letGo };
  };
  const readTo = async (reader: FeedReader, count: number) => {
    await reader.take(count);
    return reader.lastId ?? "";
  };
  const idsOf = (events: object[]) => events.map((event) => "id" in event && event.id);

  test.each<JsonObject>([{ after: "start" }, { since: "2020-01-01T00:00:00Z" }])(
    "are told to a reader from %j",
    async (from) => {
      const { desk, kept } = await pruned();
      expect(await (await FeedReader.open(desk, from)).take(3)).toEqual(kept);
    },
  );

  test("are in the list from the start, page by page", async () => {
    const { desk, kept } = await pruned();
    expect(idsOf(await desk.list("events.list", { after: "start" }))).toEqual(kept);
    let after = "start";
    for (const id of kept) {
      const page = await desk.ask("events.list", { after, limit: 1 });
      if (page.kind !== "list") throw new Error("no list");
      expect(idsOf(page.value as object[])).toEqual([id]);
      after = page.nextCursor ?? "";
    }
  });

  test("are told after the gap, which is told once", async () => {
    const { desk, kept, cursor } = await pruned();
    const reader = await FeedReader.open(desk, { after: cursor });
    expect(await reader.take(2)).toEqual(["gap", kept[1]]);
    const again = await FeedReader.open(desk, { after: reader.lastId ?? "" });
    expect(await again.take(1)).toEqual([kept[2]]);
    expect(await reader.take(1)).toEqual([kept[2]]);
    const refused = await desk.ask("events.list", { after: cursor }).catch((error: unknown) => error);
    const { gap } = problemOf(refused as TidewireError) as { gap?: { resumed_at: string } };
    expect(idsOf(await desk.list("events.list", { after: gap?.resumed_at ?? "" }))).toEqual(kept.slice(1));
  });

  test("are no gap when they go after their reader passed them: it was told that it may have missed events", async () => {
    const { desk, kept } = await pruned();
    const reader = await FeedReader.open(desk, { after: "start" });
    const from = await readTo(reader, 2);
    const [passed] = await desk.list("deliveries.list", { event: kept[0] ?? "" });
    await desk.ask("deliveries.cancel", { id: String(passed?.id) });
    await desk.ports.store.prune(desk.clock.now(), 100);
    expect(idsOf(await desk.list("events.list", { after: "start" }))).toEqual(kept.slice(1));
    expect(await (await FeedReader.open(desk, { after: from })).take(1)).toEqual([kept[2]]);
    expect(idsOf(await desk.list("events.list", { after: from }))).toEqual([kept[2]]);
    expect(await reader.take(1)).toEqual([kept[2]]);
  });

  test("are a gap of their own when they go before their reader comes to them", async () => {
    const { desk, kept, letGo } = await pruned();
    const reader = await FeedReader.open(desk, { after: "start" });
    const from = await readTo(reader, 1);
    await letGo();
    expect(await (await FeedReader.open(desk, { after: from })).take(2)).toEqual(["gap", kept[2]]);
    await expect(desk.ask("events.list", { after: from })).rejects.toMatchObject({ code: "cursor_expired" });
  });
});

describe("a cursor that the log cannot follow", () => {
  const expired = async () => {
    const desk = await Desk.open();
    const reader = await FeedReader.open(desk);
    const cursor = reader.lastId ?? "";
    await desk.tell();
    await desk.clock.advance(DAY);
    const kept = await desk.tell();
    await desk.ports.store.prune(desk.clock.now(), 100);
    return { desk, cursor, kept };
  };

  test("is told once as a gap, from which the stream goes on", async () => {
    const { desk, cursor, kept } = await expired();
    const reader = await FeedReader.open(desk, { after: cursor });
    const gap = await reader.next();
    expect(gap).toMatchObject({ event: "gap" });
    expect(JSON.parse((gap as { data: string }).data)).toEqual({
      after: cursor,
      reason: "expired",
      resumed_at: reader.lastId,
    });
    const again = await FeedReader.open(desk, { after: reader.lastId ?? "" });
    expect(await again.take(1)).toEqual([kept.id]);
    expect(await reader.take(1)).toEqual([kept.id]);
  });

  test("is a problem for the list, which says where to go on", async () => {
    const { desk, cursor, kept } = await expired();
    const refused = desk.ask("events.list", { after: cursor });
    await expect(refused).rejects.toMatchObject({ code: "cursor_expired", status: 410 });
    const { message } = (await refused.catch((error: Error) => error)) as Error;
    const after = /after=(\w+)/.exec(message)?.[1] ?? "";
    expect(await desk.list("events.list", { after })).toMatchObject([{ id: kept.id }]);
    expect(await desk.list("events.list", { after: "start" })).toMatchObject([{ id: kept.id }]);
  });

  test("is told as a gap by the list's error too, in the words of the stream", async () => {
    const { desk, cursor } = await expired();
    const reader = await FeedReader.open(desk, { after: cursor });
    const { data } = (await reader.next()) as { data: string };
    const refused = await desk.ask("events.list", { after: cursor }).catch((error: unknown) => error);
    expect(problemOf(refused as TidewireError)).toMatchObject({ gap: JSON.parse(data) as object });
  });

  test("is one within what was removed, for the list newest first; one at the oldest event is at its end", async () => {
    const desk = await Desk.open();
    await desk.tell();
    await desk.tell();
    await desk.clock.advance(DAY);
    const kept = await desk.tell();
    const ask = (cursor: number) => desk.ask("events.list", { cursor: encodeCursor(cursor) });
    expect(await ask(2)).toMatchObject({ value: [{}] });
    await desk.ports.store.prune(desk.clock.now(), 100);
    for (const removed of [1, 2]) {
      await expect(ask(removed)).rejects.toMatchObject({
        code: "cursor_expired",
        members: { gap: { after: encodeCursor(removed), reason: "expired", resumed_at: encodeCursor(2) } },
      });
    }
    expect(await ask(3)).toMatchObject({ value: [], nextCursor: null });
    expect(await ask(4)).toMatchObject({ value: [{ id: kept.id }], nextCursor: null });
    expect(await ask(99)).toMatchObject({ value: [{ id: kept.id }] });
  });

  test("is the id of an event that was removed: a 404 would have an EventSource stop for good", async () => {
    const desk = await Desk.open();
    const removed = await desk.tell();
    await desk.clock.advance(DAY);
    const kept = await desk.tell();
    await desk.ports.store.prune(desk.clock.now(), 100);
    expect(await (await FeedReader.open(desk, { after: removed.id })).take(2)).toEqual(["gap", kept.id]);
    await expect(desk.ask("events.list", { after: removed.id })).rejects.toMatchObject({ code: "cursor_expired" });
    for (const unknown of [newId("evt", desk.clock.now() + 1), "evt_nonsense"])
      await expect(desk.ask("events.stream", { after: unknown })).rejects.toMatchObject({ code: "not_found" });
    await desk.clock.advance(DAY);
    await desk.ports.store.prune(desk.clock.now(), 100);
    await expect(desk.ask("events.list", { after: kept.id })).rejects.toMatchObject({ code: "cursor_expired" });
  });

  test("is so too when everything was removed, and the next event is not taken for an old one", async () => {
    const desk = await Desk.open();
    await desk.tell();
    const reader = await FeedReader.open(desk, { after: "start" });
    await reader.take(1);
    await desk.clock.advance(DAY);
    await desk.ports.store.prune(desk.clock.now(), 100);
    const next = reader.take(1);
    const { id } = await desk.tell();
    expect(await next).toEqual([id]);
    expect(await (await FeedReader.open(desk, { after: encodeCursor(0) })).take(2)).toEqual(["gap", id]);
  });

  test("is ahead of a database that is an older copy: told as a gap", async () => {
    const desk = await Desk.open();
    await desk.tell();
    const reader = await FeedReader.open(desk, { after: encodeCursor(99) });
    const gap = await reader.next();
    expect(JSON.parse((gap as { data: string }).data)).toMatchObject({ reason: "ahead", resumed_at: encodeCursor(1) });
    const next = reader.take(1);
    const { id } = await desk.tell();
    expect(await next).toEqual([id]);
    await expect(desk.ask("events.list", { after: encodeCursor(99) })).rejects.toMatchObject({
      code: "cursor_expired",
    });
  });
});

describe("a stream ends", () => {
  const stored = async () => {
    const desk = await Desk.open();
    const { keyId, scopes, connections } = ALICE;
    await desk.ports.store.keys.create(aKey(keyId, { scopes, connections }));
    return desk;
  };

  test.each([
    ["revoked", { revokedAt: 1 }],
    ["narrowed", { connections: [] }],
  ])("at once when its key is %s, before it is told anything more", async (_, patch) => {
    const desk = await stored();
    for (let n = 0; n < 3; n++) await desk.tell();
    const [waiting, midPage, other] = await Promise.all([
      FeedReader.open(desk),
      FeedReader.open(desk, { after: "start" }),
      FeedReader.open(desk, {}, BOB),
    ]);
    await midPage.take(1);
    const next = waiting.take(1);
    await settle();
    await desk.ports.store.keys.update(ALICE.keyId, patch, false, desk.clock.now());
    expect(await next).toEqual(["end"]);
    expect(await midPage.take(1)).toEqual(["end"]);
    const theirs = other.take(1);
    const { id } = await desk.tell();
    expect(await theirs).toEqual([id]);
  });

  test("before it begins when its key was changed since its caller was let in", async () => {
    const desk = await stored();
    const reply = await desk.ask("events.stream", { after: "start" });
    await desk.ports.store.keys.update(ALICE.keyId, { scopes: ["actions:read"] }, false, desk.clock.now());
    if (reply.kind !== "feed") throw new Error("no feed");
    expect(await reply.events[Symbol.asyncIterator]().next()).toEqual({ value: undefined, done: true });
  });

  test("when the server stops, and none begins any more", async () => {
    const desk = await Desk.open();
    const reader = await FeedReader.open(desk);
    const next = reader.take(1);
    await settle();
    followersOf(desk.ports.store).end();
    expect(await next).toEqual(["end"]);
    await expect(desk.ask("events.stream")).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("the list read forward", () => {
  test("has a cursor always, and the same one as long as there is nothing new", async () => {
    const desk = await Desk.open();
    const ids = [(await desk.tell()).id, (await desk.tell()).id, (await desk.tell()).id];
    const page = async (input: object) => {
      const reply = await desk.ask("events.list", { limit: 2, ...input });
      if (reply.kind !== "list") throw new Error("no list");
      return { ids: reply.value.map((event) => (event as { id: string }).id), next: reply.nextCursor ?? "" };
    };
    const first = await page({ after: "start" });
    expect(first.ids).toEqual(ids.slice(0, 2));
    const second = await page({ after: first.next });
    expect(second.ids).toEqual(ids.slice(2));
    expect(await page({ after: second.next })).toEqual({ ids: [], next: second.next });
    // What did not fit is passed by, too.
    const { next } = await page({ after: "start", type: "skills.*" });
    expect(next).toBe(second.next);
    expect(await page({ after: "start", cursor: first.next })).toEqual(second);
    const four = await desk.tell();
    expect((await page({ after: second.next })).ids).toEqual([four.id]);
    expect((await page({ after: ids[1] })).ids).toEqual([ids[2], four.id]);
  });
});
