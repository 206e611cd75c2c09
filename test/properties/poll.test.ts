import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fault, Note } from "../triggers/notes-api.ts";
import { Rig } from "../triggers/rig.ts";

const PAGE_FAULTS: Fault[] = [
  { status: 500 },
  { status: 401 },
  { status: 200, body: { nothing: true } },
  { text: "<html>", type: "text/html" },
  { breaks: true },
];
const READ_FAULTS: Fault[] = [{ status: 401 }, { status: 403 }, { status: 429 }, { status: 503 }];

interface Change {
  do: "add" | "remove" | "retitle" | "toggle";
  id: string;
}

type Step =
  | Change
  | { do: "vanish" | "restore" }
  | {
      do: "sweep";
      fault?: { page: number; kind: number };
      drift?: { page: number; change: Change };
      readFault?: number;
    }
  | { do: "crash"; commit: number; after: boolean };

function steps(ids: number, more: fc.Arbitrary<Step>[] = []): fc.Arbitrary<Step[]> {
  const id = fc.integer({ min: 1, max: ids }).map((n) => `n${n}`);
  const page = fc.integer({ min: 1, max: 3 });
  const change = fc.record({ do: fc.constantFrom("add" as const, "remove", "retitle", "toggle"), id });
  const sweep = fc.record(
    {
      do: fc.constant("sweep" as const),
      fault: fc.record({ page, kind: fc.nat(PAGE_FAULTS.length - 1) }),
      drift: fc.record({ page, change }),
      readFault: fc.nat(READ_FAULTS.length - 1),
    },
    { requiredKeys: ["do"] },
  );
  const clean = fc.constant({ do: "sweep" as const });
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: change },
      { weight: 2, arbitrary: sweep },
      { weight: 2, arbitrary: clean },
      ...more,
    ),
    {
      minLength: 5,
      maxLength: 30,
      size: "max",
    },
  );
}

/** So that a failure is shrunk for a while and then shown, also on a busy machine. */
const BOUNDED = { interruptAfterTimeLimit: 12_000 };

let titles = 0;

function change({ api }: Rig, step: Change): void {
  const note = api.notes.find(({ id }) => id === step.id);
  if (step.do === "add" && !note) api.add(step.id);
  if (step.do === "remove") api.remove(step.id);
  if (step.do === "retitle") api.change(step.id, { title: `title ${titles++}` });
  if (step.do === "toggle") api.change(step.id, { state: note?.state === "done" ? "open" : "done" });
}

/** Sweeps under the step's faults; true when a page failed. */
async function sweepWith(rig: Rig, { fault, drift, readFault }: Extract<Step, { do: "sweep" }>): Promise<boolean> {
  const { api } = rig;
  let failed = false;
  api.served = [];
  api.lostItsPlace = false;
  api.pageFault = (page) => {
    if (page !== fault?.page) return undefined;
    failed = true;
    return PAGE_FAULTS[fault.kind];
  };
  api.beforePage = (page) => {
    if (page === drift?.page) change(rig, drift.change);
  };
  if (readFault !== undefined) api.readFault = () => READ_FAULTS[readFault];
  await rig.sweep();
  api.heal();
  return failed || api.lostItsPlace;
}

/** Sees every record that the API serves, remembers everything, and is never interrupted: POLLING.md in its plainest form. */
class PerfectObserver {
  readonly #known = new Map<
    string,
    { title: string; state: string; absent: number; gone: boolean; doneTold: boolean }
  >();
  #baselined = false;

  sees(served: Note[], complete: boolean, isGone: (id: string) => boolean | null): string[] {
    const told: string[] = [];
    const say = (what: string, id: string) => this.#baselined && told.push(`notes.${what} ${id}`);
    const listed = new Map<string, Note>();
    for (const note of served) if (!listed.has(note.id)) listed.set(note.id, note);
    for (const { id, title, state } of listed.values()) {
      const before = this.#known.get(id);
      const isNew = !before || before.gone;
      if (isNew) say("created", id);
      else if (before.title !== title || before.state !== state) say("updated", id);
      const wasDone = !isNew && before.state === "done";
      const fires = state === "done" && !wasDone && !before?.doneTold && this.#baselined;
      if (fires) say("done", id);
      this.#known.set(id, { title, state, absent: 0, gone: false, doneTold: fires || (before?.doneTold ?? false) });
    }
    if (!complete) return told;
    for (const [id, item] of this.#known) {
      if (item.gone || listed.has(id)) continue;
      item.absent++;
      const gone = item.absent >= 2 ? isGone(id) : null;
      if (gone) {
        item.gone = true;
        say("deleted", id);
      } else if (gone === false) item.absent = 0;
    }
    this.#baselined = true;
    return told;
  }
}

/** `idle` notes stand behind those that change, so that pages are long. */
const PAGINGS = [
  { paged: "by number", byId: false, pageSize: 2, idle: 0 },
  { paged: "by id", byId: true, pageSize: 2, idle: 0 },
  { paged: "by id in long pages", byId: true, pageSize: 100, idle: 150 },
];

async function open({ byId, pageSize, idle }: (typeof PAGINGS)[number]): Promise<Rig> {
  const rig = await Rig.open({ byId });
  rig.api.pageSize = pageSize;
  rig.api.add(...Array.from({ length: idle }, (_, i) => `idle${i}`));
  return rig;
}

test.each(PAGINGS)(
  "in a list paged $paged: for any history of changes and faults, what is told is what a perfect observer would tell",
  async (paging) => {
    await fc.assert(
      fc.asyncProperty(steps(paging.byId ? 8 : 4), async (history) => {
        const rig = await open(paging);
        const observer = new PerfectObserver();
        const calm: Step[] = Array.from({ length: 3 }, () => ({ do: "sweep" }));
        for (const step of [...history, ...calm]) {
          if ("id" in step) change(rig, step);
          if (step.do !== "sweep") continue;
          const failed = await sweepWith(rig, step);
          const exists = (id: string) => rig.api.notes.some((note) => note.id === id);
          const isGone = (id: string) => (step.readFault === undefined ? !exists(id) : null);
          const expected = observer.sees(rig.api.served, !failed, isGone);
          const told = (await rig.told()).filter((event) => event.startsWith("notes."));
          expect(told.sort()).toEqual(expected.sort());
        }
        await rig.close();
      }),
      { numRuns: 60, ...BOUNDED },
    );
  },
);

/** Runs a sweep that dies at a commit, before or after it. */
async function crash(rig: Rig, step: Extract<Step, { do: "crash" }>): Promise<void> {
  const { store } = rig.ports;
  let commits = 0;
  rig.ports.store = {
    ...store,
    async commitPoll(commit) {
      if (++commits !== step.commit) return store.commitPoll(commit);
      if (step.after) await store.commitPoll(commit);
      throw new Error("kill -9");
    },
  };
  await rig.sweep().catch((error: Error) => expect(error.message).toBe("kill -9"));
  rig.ports.store = store;
}

test.each(PAGINGS)(
  "in a list paged $paged: with crashes and lists that vanish, no removal is false, none is told twice, and nothing is lost in the end",
  async (paging) => {
    const disasters: fc.Arbitrary<Step>[] = [
      fc.record({ do: fc.constantFrom("vanish" as const, "restore" as const) }),
      fc.record({ do: fc.constant("crash" as const), commit: fc.integer({ min: 1, max: 4 }), after: fc.boolean() }),
    ];
    await fc.assert(
      fc.asyncProperty(steps(16, disasters), async (history) => {
        const rig = await open(paging);
        rig.api.add(...Array.from({ length: 12 }, (_, i) => `n${i + 1}`));
        await rig.sweep();
        const known = new Set(rig.api.notes.map(({ id }) => id));
        let hidden: Note[] = [];
        const restore = () => {
          rig.api.notes.push(...hidden.filter(({ id }) => !rig.api.notes.some((note) => note.id === id)));
          hidden = [];
        };
        const calm: Step[] = [{ do: "restore" }, ...Array.from({ length: 4 }, () => ({ do: "sweep" as const }))];
        for (const step of [...history, ...calm]) {
          if (step.do === "vanish") {
            // Of a note that was hidden before and made anew, the new one.
            hidden = [...rig.api.notes, ...hidden.filter(({ id }) => !rig.api.notes.some((note) => note.id === id))];
            rig.api.notes = [];
          }
          if (step.do === "restore") restore();
          else if (step.do === "crash") await crash(rig, step);
          else if (step.do === "sweep") await sweepWith(rig, step);
          else if ("id" in step) change(rig, step);
          for (const event of await rig.told()) {
            const [type, id = ""] = event.split(" ");
            if (type === "notes.created") {
              expect(known.has(id)).toBe(false);
              known.add(id);
            }
            if (type === "notes.deleted") {
              expect(known.delete(id)).toBe(true);
              expect(rig.api.notes.some((note) => note.id === id)).toBe(false);
            }
          }
        }
        const poller = await rig.poller();
        // Held removals are for a person to judge; all else is as it is upstream.
        const missing = [...known].filter((id) => !rig.api.notes.some((note) => note.id === id));
        expect(rig.api.notes.filter(({ id }) => !known.has(id))).toEqual([]);
        expect(missing.length).toBe(poller.held);
        expect(poller.items).toBe(known.size);
        await rig.close();
      }),
      { numRuns: 40, ...BOUNDED },
    );
  },
);
