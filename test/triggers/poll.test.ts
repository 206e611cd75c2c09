import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import { EVENTS, Rig } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const ids = (count: number, prefix = "n") => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const names = (type: string, of: string[]) => of.map((id) => `${type} ${id}`).sort();

/** A first sweep over these notes. */
async function baseline(...notes: string[]): Promise<void> {
  rig.api.add(...notes);
  expect(await rig.sweep()).toMatchObject({ complete: true, events: 0, items: notes.length });
}

describe("1. one sweep per poller, many events", () => {
  test("a creation, a change and a transition come from one listing", async () => {
    await baseline("a", "b");
    rig.api.asked = [];
    rig.api.add("c");
    rig.api.change("a", { title: "other" });
    rig.api.change("b", { state: "done" });
    expect((await rig.sweeps()).sort()).toEqual([
      "notes.created c",
      "notes.done b",
      "notes.updated a",
      "notes.updated b",
    ]);
    expect(rig.api.asked).toEqual(["/notes", "/notes?page=2"]);
  });

  test("an event carries the payload, what it was before, and where it comes from", async () => {
    await baseline("a");
    rig.api.change("a", { title: "other" });
    await rig.sweep();
    const [event] = await rig.events();
    expect(event).toMatchObject({
      type: "notes.updated",
      connector: "notes-api",
      connection: "default",
      resource: "notes",
      data: { id: "a", title: "other", state: "open" },
      previous: { id: "a", title: "title of a", state: "open" },
    });
  });
});

describe("2. a sweep is complete or it proves no absence", () => {
  const faults = {
    "500": { status: 500 },
    "429": { status: 429, headers: { "retry-after": "120" } },
    HTML: { text: "<!doctype html><title>Sorry</title>", type: "text/html" },
    "no records": { status: 200, body: { items: [] } },
    "a repeated token": { status: 200, body: { data: [], next_page: "2" } },
    "a broken connection": { breaks: true as const },
  };
  for (const [name, fault] of Object.entries(faults)) {
    test(`page 2 gives ${name}: additions count, removals do not, no mark moves`, async () => {
      await baseline(...ids(5));
      const before = await rig.poller();
      rig.api.remove("n1");
      rig.api.add("n6");
      rig.api.pageFault = (page) => (page === 2 ? fault : undefined);
      for (let i = 0; i < 4; i++) expect(await rig.sweep()).toMatchObject({ complete: false, removed: 0 });
      expect(await rig.told()).toEqual(["notes.created n6"]);
      const after = await rig.poller();
      expect(after.lastCompleteAt).toBe(before.lastCompleteAt);
      expect(after.lastSuccessAt).toBe(before.lastSuccessAt);
      expect(after.lastError).not.toBeNull();
      rig.api.heal();
      expect([await rig.sweeps(), await rig.sweeps()]).toEqual([[], ["notes.deleted n1"]]);
      expect(await rig.poller()).toMatchObject({ lastError: null, consecutiveFailures: 0 });
    });
  }

  test("a page whose link leads to a foreign host counts itself, and nothing is asked there", async () => {
    await rig.close();
    rig = await Rig.open({ paging: { style: "link_header" } });
    rig.api.pageSize = 10;
    await baseline("a", "b");
    rig.api.add("c");
    rig.api.change("a", { title: "other" });
    rig.api.remove("b");
    rig.api.heads = () => ({ link: '<https://evil.example/notes?page=2>; rel="next"' });
    rig.api.asked = [];
    for (let i = 0; i < 3; i++) {
      const error: unknown = expect.stringContaining("evil.example");
      expect(await rig.sweep()).toMatchObject({ complete: false, removed: 0, error });
    }
    expect((await rig.told()).sort()).toEqual(["notes.created c", "notes.updated a"]);
    expect(new Set(rig.api.asked)).toEqual(new Set(["/notes"]));
    expect(await rig.poller()).toMatchObject({ items: 3, consecutiveFailures: 3 });
  });

  test("one of many lists that is missing is an error, never empty: its items are not gone", async () => {
    await rig.close();
    rig = await Rig.open({ records: ["groups", "*", "items", "*"] });
    const list = (...groups: Json[]) => {
      rig.api.pageFault = () => ({ status: 200, body: { groups, next_page: null } });
    };
    list({ items: [{ id: "a" }] }, { items: [{ id: "b" }] });
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 2 });
    const broken: Json[] = [{}, { items: null }, { items: { id: "b" } }, null];
    for (const group of broken) {
      list({ items: [{ id: "a" }] }, group);
      const error: unknown = expect.stringContaining("no list");
      for (let i = 0; i < 3; i++) expect(await rig.sweep()).toMatchObject({ complete: false, removed: 0, error });
    }
    await rig.events();
    list({ items: [{ id: "a" }] }, { items: [] });
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([[], ["notes.deleted b"]]);
  });

  test("an empty page with a next token goes on", async () => {
    await baseline(...ids(4));
    rig.api.add("n5");
    rig.api.pageFault = (page) => (page === 2 ? { status: 200, body: { data: [], next_page: "3" } } : undefined);
    expect(await rig.sweep()).toMatchObject({ complete: true, pages: 3 });
    rig.api.heal();
    expect([await rig.told(), await rig.sweeps()]).toEqual([["notes.created n5"], []]);
  });

  test("the cap of pages makes it incomplete", async () => {
    await rig.close();
    rig = await Rig.open({ poller: { maxPages: 2 } });
    rig.api.add(...ids(5));
    expect(await rig.sweep()).toMatchObject({ complete: false, error: expect.stringContaining("page_cap") });
    expect((await rig.poller()).baselinedAt).toBeNull();
  });

  test("a record without a key makes it incomplete, the others count", async () => {
    await baseline("a", "b");
    rig.api.remove("b");
    rig.api.add("c");
    rig.api.notes.push({ title: "no id", state: "open", views: 0 } as never);
    expect(await rig.sweep()).toMatchObject({
      complete: false,
      error: expect.stringContaining("1 of 3 records have no key"),
    });
    expect([await rig.told(), await rig.sweeps(), await rig.sweeps()]).toEqual([["notes.created c"], [], []]);
  });
});

describe("3. pages drift", () => {
  test("an insert between pages: an item seen twice counts once", async () => {
    await baseline(...ids(4));
    rig.api.beforePage = (page) => page === 2 && rig.api.add("n5");
    expect(await rig.sweep()).toMatchObject({ complete: true, events: 0, items: 4 });
    rig.api.heal();
    expect(await rig.sweeps()).toEqual(["notes.created n5"]);
  });

  test("a delete between pages: an item that slid is not gone", async () => {
    await baseline(...ids(5));
    rig.api.beforePage = (page) => page === 2 && rig.api.remove("n5");
    expect(await rig.sweep()).toMatchObject({ complete: true, removed: 0 });
    rig.api.heal();
    expect(await rig.sweep()).toMatchObject({ removed: 0 });
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([["notes.deleted n5"], []]);
  });

  test("a key that comes twice does not flap", async () => {
    await baseline("a", "b", "c");
    rig.api.notes.push({ id: "c", title: "twin", state: "open", views: 0 });
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([[], []]);
  });
});

describe("4. a removal needs proof", () => {
  test("two complete sweeps and a read that answers not found", async () => {
    await baseline("a", "b");
    rig.api.remove("a");
    rig.api.asked = [];
    expect(await rig.sweeps()).toEqual([]);
    expect(rig.api.asked).toEqual(["/notes"]);
    expect(await rig.sweep()).toMatchObject({ removed: 1, events: 1 });
    expect(rig.api.asked).toEqual(["/notes", "/notes", "/notes/a"]);
    expect((await rig.events())[0]).toMatchObject({ type: "notes.deleted", data: { id: "a", title: "title of a" } });
    expect(await rig.poller()).toMatchObject({ items: 1, held: 0 });
  });

  for (const status of [401, 403, 429, 500]) {
    test(`a read that answers ${status} leaves it suspect`, async () => {
      await baseline("a", "b");
      rig.api.remove("a");
      rig.api.readFault = () => ({ status });
      expect([await rig.sweeps(), await rig.sweeps(), await rig.sweeps()]).toEqual([[], [], []]);
      rig.api.heal();
      expect(await rig.sweeps()).toEqual(["notes.deleted a"]);
    });
  }

  test("an item that answers when read is not gone, though no list shows it", async () => {
    await baseline("a", "b");
    rig.api.remove("a");
    rig.api.readFault = () => ({ status: 200, body: { id: "a" } });
    for (let i = 0; i < 5; i++) expect(await rig.sweeps()).toEqual([]);
    expect((await rig.poller()).items).toBe(2);
  });

  test("a suspect that returns is restored in silence", async () => {
    await baseline("a", "b");
    const { notes } = rig.api;
    rig.api.remove("a");
    await rig.sweep();
    rig.api.notes = notes;
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([[], []]);
  });

  test("one that returns after it was told is told as created again: three events", async () => {
    await baseline("a");
    rig.api.add("b");
    const told = [await rig.sweeps()];
    for (let round = 0; round < 2; round++) {
      rig.api.remove("b");
      await rig.sweep();
      told.push(await rig.sweeps());
      rig.api.add("b");
      told.push(await rig.sweeps());
    }
    expect(told.flat()).toEqual(
      ["created", "deleted", "created", "deleted", "created"].map((what) => `notes.${what} b`),
    );
  });

  test("a whole list that is empty with 200 is held, and clears itself when the items return", async () => {
    await baseline(...ids(10));
    const { notes } = rig.api;
    rig.api.notes = [];
    rig.api.asked = [];
    for (let i = 0; i < 3; i++) expect(await rig.sweep()).toMatchObject({ complete: true, held: 10, removed: 0 });
    expect(rig.api.asked).toEqual(["/notes", "/notes", "/notes"]);
    const events = await rig.events();
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["tidewire.poller.held", expect.objectContaining({ held: 10, items: 10, resource: "notes" })],
    ]);
    rig.api.notes = notes;
    expect(await rig.sweep()).toMatchObject({ held: 0, added: 0, events: 0 });
  });

  test("without an event for removals the guards hold all the same", async () => {
    await rig.close();
    rig = await Rig.open({ events: EVENTS.slice(0, 2) });
    await baseline(...ids(12));
    const { notes } = rig.api;
    rig.api.notes = [];
    for (let i = 0; i < 2; i++) expect(await rig.sweep()).toMatchObject({ complete: true, held: 12, removed: 0 });
    expect(await rig.events()).toMatchObject([{ type: "tidewire.poller.held", data: { held: 12 } }]);
    rig.api.notes = notes;
    expect(await rig.sweep()).toMatchObject({ held: 0, added: 0, events: 0 });
  });

  test("one whose removal no event told returns untold: as created it would be a second time, and done was told", async () => {
    await rig.close();
    rig = await Rig.open({ events: EVENTS.filter(({ event }) => event !== "notes.deleted") });
    await baseline("a", "b");
    rig.api.change("a", { state: "done" });
    expect((await rig.sweeps()).sort()).toEqual(["notes.done a", "notes.updated a"]);
    const { notes } = rig.api;
    rig.api.remove("a");
    expect([await rig.sweep(), await rig.sweep()]).toMatchObject([{ removed: 0 }, { removed: 1, events: 0 }]);
    expect((await rig.poller()).items).toBe(1);
    rig.api.notes = notes;
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([[], []]);
    expect((await rig.poller()).items).toBe(2);
  });

  test("more than the fraction gone at once is held; when most return, the rest is proved one by one", async () => {
    await baseline(...ids(10));
    const { notes } = rig.api;
    rig.api.remove(...ids(6));
    expect(await rig.sweep()).toMatchObject({ held: 6 });
    expect(await rig.sweep()).toMatchObject({ held: 6, removed: 0 });
    rig.api.notes = notes.filter(({ id }) => id !== "n1");
    await rig.told();
    expect(await rig.sweeps()).toEqual(["notes.deleted n1"]);
    expect(await rig.poller()).toMatchObject({ held: 0, items: 9 });
  });

  test("below ten items the reads are proof enough", async () => {
    await baseline(...ids(9));
    rig.api.notes = [];
    await rig.sweep();
    expect((await rig.sweeps()).sort()).toEqual(names("notes.deleted", ids(9)));
  });

  test("reads have a budget of their own; some that cannot be proved do not keep the others from it", async () => {
    await baseline(...ids(100));
    rig.api.pageSize = 100;
    rig.api.remove(...ids(45));
    rig.api.readFault = (id) => (Number(id.slice(1)) <= 25 ? { status: 403 } : undefined);
    const removed: number[] = [];
    for (let i = 0; i < 8; i++) removed.push((await rig.sweep()).removed);
    expect(Math.max(...removed)).toBeLessThanOrEqual(20);
    expect((await rig.told()).sort()).toEqual(names("notes.deleted", ids(45).slice(25)));
  });

  test("a slow read does not hold up what else was found", async () => {
    await baseline("a", "b");
    rig.api.remove("a");
    rig.api.add("c");
    await rig.sweep();
    let open = () => undefined as void;
    rig.api.readFault = () => ({ status: 404 });
    rig.api.beforePage = () => {
      rig.api.add("d");
      rig.api.gate = new Promise((resolve) => {
        open = resolve;
      });
    };
    const sweeping = rig.sweep();
    while (!rig.api.asked.includes("/notes/a")) {
      await new Promise((resolve) => setImmediate(resolve));
      if (rig.api.asked.at(-1)?.includes("page")) open();
    }
    expect(await rig.told()).toContain("notes.created d");
    open();
    expect(await sweeping).toMatchObject({ removed: 1 });
  });
});

describe("5. the first complete sweep is the baseline", () => {
  test("it emits nothing, also when it is empty", async () => {
    await baseline();
    expect((await rig.poller()).baselinedAt).not.toBeNull();
    rig.api.add("a");
    expect(await rig.sweeps()).toEqual(["notes.created a"]);
  });

  test("an incomplete sweep before it is no baseline: nothing is told until one is complete", async () => {
    rig.api.add("a", "b", "c");
    rig.api.pageFault = (page) => (page === 2 ? { status: 500 } : undefined);
    await rig.sweep();
    rig.api.change("b", { state: "done" });
    rig.api.heal();
    rig.api.add("d");
    expect(await rig.sweeps()).toEqual([]);
    rig.api.add("e");
    expect(await rig.sweeps()).toEqual(["notes.created e"]);
  });

  test("a changed fingerprint adopts the new prints in silence and keeps what is known", async () => {
    await baseline("a", "b");
    rig.api.change("a", { views: 7 });
    rig.edit({ poller: { fingerprint: { include: ["views"] } } });
    rig.api.add("c");
    expect(await rig.sweeps()).toEqual(["notes.created c"]);
    rig.api.change("a", { views: 8, state: "done" });
    expect((await rig.sweeps()).sort()).toEqual(["notes.done a", "notes.updated a"]);
  });

  test("an item that was missing from the first sweep with another fingerprint is adopted when it returns", async () => {
    // It was told as changed, in no field: what it had been compared by was kept for the list, not for each item.
    await baseline("a", "b");
    const away = rig.api.notes.filter(({ id }) => id === "a");
    rig.api.remove("a");
    rig.edit({ poller: { fingerprint: { include: ["title"] } } });
    await rig.sweep();
    rig.api.notes.push(...away);
    expect(await rig.sweeps()).toEqual([]);
  });

  test("a fingerprint that is changed back after a sweep that broke off tells no change", async () => {
    await baseline("a", "b", "c");
    rig.edit({ poller: { fingerprint: { include: ["title"] } } });
    rig.api.pageFault = (page) => (page === 2 ? { status: 500 } : undefined);
    await rig.sweep();
    rig.edit({});
    rig.api.heal();
    await rig.told();
    expect(await rig.sweeps()).toEqual([]);
  });

  test("a new event in the manifest adopts what matches already", async () => {
    await rig.close();
    rig = await Rig.open({ events: EVENTS.slice(0, 1) });
    await baseline("a", "b");
    rig.api.change("a", { state: "done" });
    await rig.sweep();
    rig.edit({ events: EVENTS });
    expect(await rig.sweeps()).toEqual([]);
    rig.api.change("b", { state: "done" });
    expect((await rig.sweeps()).sort()).toEqual(["notes.done b", "notes.updated b"]);
  });

  test("a changed key makes a new baseline", async () => {
    await baseline("a", "b");
    const before = await rig.poller();
    rig.edit({ key: "title" });
    expect(await rig.sweeps()).toEqual([]);
    expect(await rig.poller()).toMatchObject({ items: 2, generation: before.generation + 1 });
    rig.api.add("c");
    expect(await rig.sweeps()).toEqual(["notes.created c"]);
  });

  test("a key of the poller's own counts before the resource's, whose change is nothing to it", async () => {
    rig.edit({ poller: { key: ["title"] } });
    await baseline("a", "b");
    const before = await rig.poller();
    rig.edit({ poller: { key: ["title"] }, key: "state" });
    rig.api.change("a", { title: "another" });
    expect(await rig.sweeps()).toEqual(["notes.created a"]);
    expect(await rig.poller()).toMatchObject({ generation: before.generation, items: 3 });
    rig.api.asked = [];
    expect(await rig.sweeps()).toEqual(["notes.deleted a"]);
    expect(rig.api.asked).toContain("/notes/title%20of%20a");
  });

  test("a key of its own that comes, changes or goes makes a new baseline", async () => {
    await baseline("a", "b");
    for (const poller of [{ key: ["title"] }, { key: ["views"] }, {}]) {
      const { generation } = await rig.poller();
      rig.api.change("a", { title: `${generation}`, views: generation });
      rig.edit({ poller });
      expect(await rig.sweeps()).toEqual([]);
      expect(await rig.poller()).toMatchObject({ generation: generation + 1, items: 2 });
    }
    rig.api.add("c");
    expect(await rig.sweeps()).toEqual(["notes.created c"]);
  });
});

describe("a manifest that is edited during a sweep", () => {
  test("with another key: the sweep ends by the old one, and the next makes a new baseline", async () => {
    await baseline("a", "b", "c");
    const before = await rig.poller();
    rig.api.add("d");
    rig.api.beforePage = (page) => page === 2 && rig.edit({ key: "title" });
    expect(await rig.sweep()).toMatchObject({ complete: true, added: 1 });
    expect(await rig.poller()).toMatchObject({ generation: before.generation, items: 4 });
    rig.api.heal();
    rig.api.change("a", { state: "done" });
    expect([await rig.told(), await rig.sweeps()]).toEqual([["notes.created d"], []]);
    expect(await rig.poller()).toMatchObject({ generation: before.generation + 1, items: 4 });
  });

  test("with other fields to compare: the next sweep adopts them in silence, on every page", async () => {
    await baseline("a", "b", "c");
    rig.api.beforePage = (page) => page === 2 && rig.edit({ poller: { fingerprint: { include: ["views"] } } });
    await rig.sweep();
    rig.api.heal();
    expect(await rig.sweeps()).toEqual([]);
    for (const id of ["a", "b", "c"]) rig.api.change(id, { views: 3 });
    expect((await rig.sweeps()).sort()).toEqual(names("notes.updated", ["a", "b", "c"]));
  });
});

test("an event of a change names the fields that differ, and only those that are compared", async () => {
  await baseline("a");
  rig.api.change("a", { title: "other", state: "done", views: 3 });
  await rig.sweep();
  const changed = (await rig.events()).map((event) => [event.type, event.changed]);
  expect(changed.sort()).toEqual([
    ["notes.done", undefined],
    ["notes.updated", ["title", "state"]],
  ]);
});

describe("6. transitions, not states", () => {
  test("fires once, when an item goes from not matching to matching", async () => {
    await baseline("a");
    rig.api.change("a", { state: "done" });
    expect((await rig.sweeps()).sort()).toEqual(["notes.done a", "notes.updated a"]);
    rig.api.change("a", { title: "other" });
    expect(await rig.sweeps()).toEqual(["notes.updated a"]);
    rig.api.change("a", { state: "open" });
    await rig.sweeps();
    rig.api.change("a", { state: "done" });
    expect(await rig.sweeps()).toEqual(["notes.updated a"]);
  });

  test("an item that was made and finished between two sweeps is not missed", async () => {
    await baseline("a");
    rig.api.add("b");
    rig.api.change("b", { state: "done" });
    expect((await rig.sweeps()).sort()).toEqual(["notes.created b", "notes.done b"]);
  });

  test("items that match at the baseline do not fire", async () => {
    rig.api.add("a");
    rig.api.change("a", { state: "done" });
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([[], []]);
  });
});

describe("7. open items are tracked", () => {
  const head = {
    mode: "head" as const,
    track: { open: { not: { field: ["state"], equals: "done" } }, operation: "read" },
    fullSweepEvery: "1h",
  };
  beforeEach(async () => {
    await rig.close();
    rig = await Rig.open({ poller: head });
    rig.api.add(...ids(8));
    for (const id of ids(8).slice(1)) rig.api.change(id, { state: "done" });
    await rig.sweep();
    rig.api.asked = [];
  });

  test("the listing ends at what is known and finished; open items beyond are read one by one", async () => {
    expect(await rig.sweep()).toMatchObject({ complete: false, error: null, pages: 1 });
    expect(rig.api.asked).toEqual(["/notes", "/notes/n1"]);
    rig.api.change("n1", { state: "done" });
    expect((await rig.sweeps()).sort()).toEqual(["notes.done n1", "notes.updated n1"]);
    rig.api.asked = [];
    await rig.sweep();
    expect(rig.api.asked).toEqual(["/notes"]);
  });

  test("new items push the end of the head further down", async () => {
    rig.api.add("n9", "n10", "n11");
    expect((await rig.sweeps()).sort()).toEqual(names("notes.created", ["n9", "n10", "n11"]));
    expect(rig.api.asked).toEqual(["/notes", "/notes?page=2", "/notes?page=3", "/notes/n1"]);
  });

  test("a full sweep every so often repairs drift", async () => {
    rig.api.remove("n3");
    for (let i = 0; i < 3; i++) expect(await rig.sweep()).toMatchObject({ complete: false });
    await rig.clock.advance(3_600_000);
    expect(await rig.sweep()).toMatchObject({ complete: true });
    await rig.clock.advance(3_600_000);
    expect(await rig.sweep()).toMatchObject({ complete: true, removed: 1 });
    expect(await rig.told()).toEqual(["notes.deleted n3"]);
  });

  test("a clock that was put back does not put off the full sweep until it is as late again", async () => {
    rig.clock.jump(-24 * 3_600_000);
    expect(await rig.sweep()).toMatchObject({ complete: true });
    expect(await rig.sweep()).toMatchObject({ complete: false, error: null });
  });
});

describe("8. a fingerprint", () => {
  test("has numbers as their text: integers that differ beyond 2^53 are two ids, and a change of one is seen", async () => {
    const list = (...notes: string[]) => {
      const text = `{"data":[${notes.join()}],"next_page":null}`;
      rig.api.pageFault = () => ({ text, type: "application/json" });
    };
    const [one, two, three] = [2, 3, 4].map((n) => `900719925474099${n}`);
    list(`{"id":${one},"title":${one}}`, `{"id":${two},"title":"b"}`);
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 2 });
    list(`{"id":${one},"title":${two}}`, `{"id":${two},"title":"b"}`, `{"id":${three},"title":"c"}`);
    expect((await rig.sweeps()).sort()).toEqual([`notes.created ${three}`, `notes.updated ${one}`]);
    list(`{"id":${one},"title":${two}}`, `{"id":${three},"title":"c"}`);
    rig.api.asked = [];
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([[], [`notes.deleted ${two}`]]);
    expect(rig.api.asked.at(-1)).toBe(`/notes/${two}`);
  });

  test("leaves volatile fields out and does not mind the order of keys", async () => {
    await baseline("a");
    rig.api.change("a", { views: 99 });
    rig.api.notes = rig.api.notes.map((note) => Object.fromEntries(Object.entries(note).reverse()) as typeof note);
    expect(await rig.sweep()).toMatchObject({ changed: 0, events: 0 });
  });
});
