import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoredPage } from "../../src/model/poller.ts";
import { EVENTS, type NotesManifest, Rig } from "./rig.ts";

let rig: Rig;
/** Pages that were looked at item by item, since it was last emptied. */
let compared: string[][];
afterEach(() => rig.close());

async function open(manifest: NotesManifest = {}): Promise<void> {
  rig = await Rig.open(manifest);
  compared = [];
  const { store } = rig.ports;
  const known: typeof store.pollers.known = (id, keys) => (compared.push(keys), store.pollers.known(id, keys));
  rig.ports.store = { ...store, pollers: { ...store.pollers, known } };
}

const ids = (count: number) => Array.from({ length: count }, (_, i) => `n${i + 1}`);

/** A first sweep over n1 … (newest first: the last of them is on the first page). */
async function baseline(count: number): Promise<void> {
  rig.api.add(...ids(count));
  expect(await rig.sweep()).toMatchObject({ complete: true, items: count });
  compared = [];
  rig.api.asked = [];
}

async function pages(): Promise<(Omit<StoredPage, "cut"> | null)[]> {
  const { pollers } = rig.ports.store;
  const { id } = await rig.poller();
  return Promise.all((await pollers.pageCursors(id)).map((cursor) => pollers.page(id, cursor)));
}

describe("a page whose bytes are as before", () => {
  beforeEach(() => open());

  test("is not looked at, and its items count as met", async () => {
    await baseline(7);
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 7, pages: 4, events: 0 });
    expect(compared).toEqual([]);
    expect(rig.api.asked).toHaveLength(4);
  });

  test("stays so while another one changes", async () => {
    await baseline(6);
    rig.api.change("n3", { title: "other" });
    expect(await rig.sweeps()).toEqual(["notes.updated n3"]);
    expect(compared).toEqual([["n4", "n3"]]);
    compared = [];
    rig.api.change("n3", { title: "title of n3" });
    expect(await rig.sweeps()).toEqual(["notes.updated n3"]);
    expect(compared).toEqual([["n4", "n3"]]);
  });

  test("is one whose volatile fields are the same too", async () => {
    await baseline(4);
    rig.api.change("n1", { views: 8 });
    expect(await rig.sweep()).toMatchObject({ complete: true, changed: 0, events: 0 });
    expect(compared).toEqual([["n2", "n1"]]);
  });

  test("may have another envelope, such as a number of the request: its list is known again", async () => {
    await baseline(4);
    let request = 0;
    rig.api.envelope = () => ({ request_id: ++request });
    for (let i = 0; i < 2; i++) {
      compared = [];
      expect(await rig.sweep()).toMatchObject({ complete: true, items: 4, changed: 0, events: 0 });
      expect(compared).toEqual([]);
    }
    rig.api.change("n2", { title: "other" });
    expect(await rig.sweeps()).toEqual(["notes.updated n2"]);
  });

  test("writes nothing, neither of its items nor of itself", async () => {
    await baseline(4);
    const { store } = rig.ports;
    const written: number[] = [];
    rig.ports.store = {
      ...store,
      commitPoll: (act) => (
        written.push(act.items.length, act.pages?.length ?? 0, act.dropPages?.length ?? 0), store.commitPoll(act)
      ),
    };
    await rig.sweep();
    expect(written).toEqual([0, 0, 0]);
    rig.ports.store = store;
  });

  test("is looked at again when the manifest compares other fields or tells other events", async () => {
    await baseline(4);
    rig.edit({ poller: { fingerprint: { include: ["views"] } } });
    expect(await rig.sweeps()).toEqual([]);
    expect(compared).toHaveLength(2);
    rig.edit({ poller: { fingerprint: { include: ["views"] } }, events: EVENTS.slice(1) });
    compared = [];
    await rig.sweep();
    expect(compared).toHaveLength(2);
    compared = [];
    await rig.sweep();
    expect(compared).toEqual([]);
  });

  test("is remembered with what its items' numbers are, where the next one begins and nothing else", async () => {
    await baseline(3);
    expect(await pages()).toEqual([
      { cursor: "", next: "0:2", records: 2, items: [[1, 2]], dueAt: null, digest: expect.any(String) },
      { cursor: "0:2", next: null, records: 1, items: [[3, 1]], dueAt: null, digest: expect.any(String) },
    ]);
    rig.api.remove("n1");
    await rig.sweep();
    expect((await pages()).map((page) => page?.cursor)).toEqual([""]);
  });
});

describe("a list paged by id", () => {
  beforeEach(() => open({ byId: true }));

  test("insert at the head: one page and the gap behind it are read anew, the others are as they were", async () => {
    await baseline(8);
    rig.api.add("n9");
    expect(await rig.sweeps()).toEqual(["notes.created n9"]);
    expect(compared.slice(0, 1)).toEqual([["n9", "n8"]]);
    // The page after n8 leads back to the one after n7, which was known.
    expect(rig.api.asked).toEqual(["/notes", ...["n8", "n7", "n5", "n3"].map((id) => `/notes?after=${id}`)]);
    compared = [];
    rig.api.asked = [];
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 9 });
    expect([compared, rig.api.asked.length]).toEqual([[], 5]);
  });

  test("many inserts, sweep by sweep, leave no more pages behind than the list needs twice", async () => {
    await baseline(8);
    for (let n = 9; n < 30; n++) {
      rig.api.add(`n${n}`);
      expect(await rig.sweeps()).toEqual([`notes.created n${n}`]);
      expect((await pages()).length).toBeLessThanOrEqual(n + 1);
    }
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 29 });
  });

  test("a delete costs no page more; the item behind it that is now on two pages counts once", async () => {
    await baseline(8);
    rig.api.remove("n6");
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 7, removed: 0 });
    expect(rig.api.asked).toEqual(["/notes", ...["n7", "n5", "n3"].map((id) => `/notes?after=${id}`)]);
    expect(compared.flat().filter((key) => key === "n4" || key === "n2")).toEqual(["n4"]);
    expect([await rig.sweeps(), await rig.sweeps()]).toEqual([["notes.deleted n6"], []]);
  });

  test("the item of a cursor is deleted: the next sweep goes another way", async () => {
    await baseline(8);
    rig.api.remove("n5");
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 7 });
    expect(await rig.sweeps()).toEqual(["notes.deleted n5"]);
  });

  test("the item of a cursor is deleted between two pages: the sweep fails, and the next one is whole", async () => {
    await baseline(8);
    rig.api.beforePage = (page) => page === 2 && rig.api.remove("n7");
    expect(await rig.sweep()).toMatchObject({ complete: false, error: expect.stringContaining("400") });
    rig.api.heal();
    expect([await rig.sweep(), await rig.sweep()]).toMatchObject([{ complete: true }, { complete: true, removed: 1 }]);
    expect(await rig.told()).toEqual(["notes.deleted n7"]);
  });
});

describe("a long page that changed", () => {
  /** How many items were compared. */
  const looked = () => compared.flat().length;
  beforeEach(async () => {
    await open({ byId: true });
    rig.api.pageSize = 200;
    await baseline(500);
  });

  test("is looked at only where it changed", async () => {
    rig.api.change("n250", { title: "other" });
    expect(await rig.sweeps()).toEqual(["notes.updated n250"]);
    expect(looked()).toBeLessThanOrEqual(70);
    expect(rig.api.asked).toHaveLength(3);
  });

  test("leads on to where it did, though one is gone from it; the next one leads to the same", async () => {
    for (const id of ["n250", "n249", "n290"]) {
      rig.api.remove(id);
      compared = [];
      rig.api.asked = [];
      expect(await rig.sweep()).toMatchObject({ complete: true });
      expect(looked()).toBeLessThanOrEqual(140);
      const pages = rig.api.asked.filter((path) => !path.startsWith("/notes/"));
      expect(pages).toEqual(["/notes", "/notes?after=n301", "/notes?after=n101"]);
    }
    await rig.sweep();
    expect((await rig.told()).sort()).toEqual(["notes.deleted n249", "notes.deleted n250", "notes.deleted n290"]);
    compared = [];
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 497 });
    expect(compared).toEqual([]);
  });

  test("whose last record is gone leads on from another, and the sweep finds its way back", async () => {
    rig.api.remove("n301");
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 499 });
    rig.api.remove("n302", "n101");
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 497 });
    for (let n = 0; n < 3; n++) expect(await rig.sweep()).toMatchObject({ complete: true, items: 497 });
    expect((await rig.told()).sort()).toEqual(["notes.deleted n101", "notes.deleted n301", "notes.deleted n302"]);
  });

  test("leads on to its own end where it did stands near its front: not so much is read twice", async () => {
    rig.api.remove(...Array.from({ length: 136 }, (_, i) => `n${500 - i}`));
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 364 });
    expect(rig.api.asked).toEqual(["/notes", "/notes?after=n165"]);
  });

  test("in which a record is of a time to come: it comes due, though another one had changed since", async () => {
    const HOUR = 3_600_000;
    await rig.close();
    const due = { becomes: { field: ["due"], before: "now" as const } };
    await open({ events: [{ event: "notes.expired", source: { type: "poll", poller: "main", on: due } }] });
    rig.api.pageSize = 200;
    rig.api.add(...ids(150));
    rig.api.change("n1", { due: new Date(rig.clock.now() + HOUR).toISOString() });
    await rig.sweep();
    compared = [];
    rig.api.change("n150", { title: "other" });
    await rig.sweep();
    expect(looked()).toBeLessThanOrEqual(70);
    await rig.clock.advance(HOUR);
    expect(await rig.sweeps()).toEqual(["notes.expired n1"]);
  });
});

test("cursors that are new in every answer are used as they are given", async () => {
  await open();
  let [page, sweep] = [0, 0];
  rig.api.beforePage = (number) => {
    page = number;
  };
  rig.api.envelope = () => ({ next_page: page < 3 ? `${"0".repeat(sweep)}${page + 1}` : null });
  await baseline(6);
  for (sweep = 1; sweep < 4; sweep++) {
    rig.api.asked = [];
    expect(await rig.sweep()).toMatchObject({ complete: true, items: 6, events: 0 });
    const zeros = "0".repeat(sweep);
    expect(rig.api.asked).toEqual(["/notes", `/notes?page=${zeros}2`, `/notes?page=${zeros}3`]);
  }
});

describe("what is remembered is not trusted", () => {
  beforeEach(() => open());

  test("after an incomplete sweep that changed an item: what went back to how it was is told", async () => {
    await baseline(4);
    // n3 slides to the first page as it changes; the second page is not seen.
    rig.api.remove("n4");
    rig.api.change("n3", { title: "other" });
    rig.api.pageFault = (page) => (page === 2 ? { status: 500 } : undefined);
    expect(await rig.sweeps()).toEqual(["notes.updated n3"]);
    rig.api.heal();
    rig.api.notes = [];
    rig.api.add(...ids(4));
    expect(await rig.sweeps()).toEqual(["notes.updated n3"]);
  });

  test("after a crash between a change and the end of its sweep", async () => {
    await baseline(4);
    const { store } = rig.ports;
    let commits = 0;
    rig.ports.store = {
      ...store,
      commitPoll: async (act) => {
        if (++commits === 2) throw new Error("kill -9");
        return store.commitPoll(act);
      },
    };
    rig.api.change("n4", { title: "other" });
    await expect(rig.sweep()).rejects.toThrow("kill -9");
    rig.ports.store = store;
    rig.api.change("n4", { title: "title of n4" });
    expect(await rig.sweeps()).toEqual(["notes.updated n4", "notes.updated n4"]);
    compared = [];
    expect(await rig.sweeps()).toEqual([]);
    expect(compared).toEqual([]);
  });

  test("where a page shows an item otherwise than an earlier page did: its change is told once it is alone", async () => {
    await baseline(4);
    // A new note pushes n3 to the second page as well, and there it is changed already.
    rig.api.beforePage = (page) => {
      if (page === 2) {
        rig.api.add("n5");
        rig.api.change("n3", { title: "other" });
      }
    };
    expect(await rig.sweeps()).toEqual([]);
    rig.api.heal();
    expect((await rig.sweeps()).sort()).toEqual(["notes.created n5", "notes.updated n3"]);
  });

  test("where this sweep met one of its items on an earlier page, as it is now: what comes back from an old copy is told", async () => {
    await baseline(4);
    const changed = { ...rig.api.notes[2], title: "other" };
    rig.api.pageFault = (page) => {
      return page === 1
        ? { status: 200, body: { data: [rig.api.notes[0] ?? null, changed], next_page: "2" } }
        : undefined;
    };
    expect(await rig.sweeps()).toEqual(["notes.updated n2"]);
    rig.api.heal();
    expect(await rig.sweeps()).toEqual(["notes.updated n2"]);
  });

  test("where records have no key, or the end of the list is not known", async () => {
    await baseline(3);
    rig.api.notes.push({ title: "no id", state: "open", views: 0 } as never);
    for (let i = 0; i < 3; i++) {
      expect(await rig.sweep()).toMatchObject({ complete: false, error: expect.stringContaining("no key") });
    }
  });

  test("by a poller in head mode, which remembers none", async () => {
    await rig.close();
    await open({ poller: { mode: "head", fullSweepEvery: "1m" } });
    await baseline(4);
    expect([await rig.sweep(), await pages()]).toMatchObject([{ complete: true }, []]);
    expect(compared).toHaveLength(2);
  });
});

describe("conditions on time", () => {
  const HOUR = 3_600_000;
  const expired = { event: "notes.expired", source: { type: "poll", poller: "main", on: {} } };
  beforeEach(async () => {
    await open({
      events: [
        { ...expired, source: { type: "poll", poller: "main", on: { becomes: { field: ["due"], before: "now" } } } },
      ],
    });
    await baseline(4);
    for (const [n, id] of ["n1", "n2", "n4"].entries()) {
      rig.api.change(id, { due: new Date(rig.clock.now() + (n + 1) * HOUR).toISOString() });
    }
    await rig.sweep();
    compared = [];
  });

  test("come due on a page whose bytes are as before, each once, and have no other page looked at", async () => {
    expect([await rig.sweeps(), compared]).toEqual([[], []]);
    await rig.clock.advance(HOUR);
    expect([await rig.sweeps(), compared]).toEqual([["notes.expired n1"], [["n2", "n1"]]]);
    compared = [];
    expect([await rig.sweeps(), compared]).toEqual([[], []]);
    await rig.clock.advance(2 * HOUR);
    expect((await rig.sweeps()).sort()).toEqual(["notes.expired n2", "notes.expired n4"]);
    await rig.clock.advance(24 * HOUR);
    expect(await rig.sweeps()).toEqual([]);
  });
});
