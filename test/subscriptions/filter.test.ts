import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { Desk } from "../delivery/desk.ts";
import { receiver } from "../support/receiver.ts";

const ASKED = { url: "https://hooks.example.com/a", events: ["files.*"] };
const PDF = { field: ["data", "filename"], contains: ".pdf" };

async function refusal(filter: Json, events = ["files.*"]): Promise<string> {
  const desk = await Desk.open();
  return desk.ask("subscriptions.create", { ...ASKED, events, filter }).then(
    () => "accepted",
    (error: { code: string; errors: { at: string; message: string }[] }) =>
      `${error.code} ${error.errors[0]?.at}: ${error.errors[0]?.message}`,
  );
}

describe("a filter when it is given", () => {
  test.each<[Json, string]>([
    [{}, 'filter: write {"field": ["data", "id"]'],
    ["data.id", "filter: "],
    [
      { field: { data: "id" }, equals: 1 },
      'filter.field: filter.field: a way is written as its steps, such as ["data", "id"]',
    ],
    [
      { not: { field: "filename", equals: "x" } },
      'filter.not.field: an event has no "filename": its payload is in data',
    ],
    [{ field: "data.filenme", equals: "x" }, 'filter.field: the data of these events has no "filenme"'],
    [{ any: [PDF, { field: ["data", "id"], equls: "x" }] }, "filter.any.1.equls: `equls` – did you mean `equals`?"],
    [{ not: { field: ["data", "created_at"], before: "soon" } }, "filter.not.before: "],
    [
      { all: [{ field: ["filename"], equals: "x" }] },
      'filter.all.0.field: an event has no "filename": its payload is in data',
    ],
    [
      { not: { field: ["dta", "id"] } },
      'filter.not.field: an event has no "dta": its payload is in data, as in ["data", "id"]. Did you mean "data"?',
    ],
    [
      { field: ["data", "filenme"], equals: "x" },
      'filter.field: the data of these events has no "filenme". Did you mean "filename"?',
    ],
    [{ all: [PDF, { field: ["data", "id"] }] }, "filter.all.1: it asks nothing of its field"], // it let everything pass
    [{ all: Array.from({ length: 101 }, () => PDF) }, "filter: it has more than 100 conditions"],
    [{ field: ["data", "id"], in: ["x".repeat(20_000)] }, "filter: it is too long"],
    [
      JSON.parse(`${'{"not":'.repeat(70)}{"field":["data"]}${"}".repeat(70)}`) as Json,
      "filter: it is too long or too deep",
    ],
  ])("%.60j is refused with its place and how to mend it", async (filter, words) => {
    expect(await refusal(filter)).toContain(`invalid_input ${words}`);
  });

  test("is held against the payloads of the types that are asked for, whichever has the member", async () => {
    expect(await refusal(PDF, ["files.*", "skills.*"])).toBe("accepted");
    expect(await refusal(PDF, ["skills.*"])).toContain('the data of these events has no "filename"');
    expect(await refusal({ field: ["data", "percent"], gte: 70 }, ["tidewire.*"])).toBe("accepted");
  });
});

describe("a filter", () => {
  test("takes a field as an ordering_key does, and keeps it as its steps (it was refused)", async () => {
    const desk = await Desk.open({ schedule: "1h" });
    const text: JsonObject = {
      any: [{ field: "data.filename", equals: "a" }, { not: { field: "connection", equals: "default" } }],
    };
    const { id } = await desk.subscribe(ASKED.url, { filter: text });
    expect((await desk.value("subscriptions.get", { id })).filter).toEqual({
      any: [{ field: ["data", "filename"], equals: "a" }, { not: { field: ["connection"], equals: "default" } }],
    });
    for (const filename of ["a", "b"]) await desk.tell({ data: { filename } });
    expect(await desk.list("deliveries.list")).toHaveLength(1);
  });

  test("lets only what it asks for be delivered, by any of several", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    await desk.subscribe(to.url("/pdf"), { filter: PDF });
    await desk.subscribe(to.url("/big"), { filter: { all: [PDF, { field: ["data", "size_bytes"], gt: 100 }] } });
    const told: JsonObject[] = [
      { filename: "a.pdf", size_bytes: 7 },
      { filename: "b.txt" },
      { filename: "c.pdf", size_bytes: 101 },
    ];
    for (const data of told) await desk.tell({ data });
    await desk.drain();
    const names = (path: string) => to.received(path).map(({ body }) => (body.data as JsonObject).filename);
    expect([names("/pdf"), names("/big")]).toEqual([["a.pdf", "c.pdf"], ["c.pdf"]]);
    expect(await desk.list("deliveries.list")).toHaveLength(3);
  });

  test("is shown, changed, kept and taken away", async () => {
    const desk = await Desk.open({ schedule: "1h" });
    const { id } = await desk.subscribe(ASKED.url, { filter: PDF });
    const change = async (more: JsonObject) => (await desk.value("subscriptions.update", { id, ...more })).filter;
    const deliveries = async () => {
      await desk.tell({ data: { filename: "b.txt" } });
      return (await desk.list("deliveries.list")).length;
    };
    expect(await change({ description: "quiet" })).toEqual(PDF);
    expect(await deliveries()).toBe(0);
    expect(await change({ filter: { not: PDF } })).toEqual({ not: PDF });
    expect(await deliveries()).toBe(1);
    expect(await change({ filter: null })).toBeNull();
    expect(await deliveries()).toBe(2);
  });

  test("is checked again when other events are asked for", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(ASKED.url, { filter: PDF });
    const other = desk.ask("subscriptions.update", { id, events: ["skills.*"] });
    await expect(other).rejects.toThrow('the data of these events has no "filename"');
    expect(await desk.value("subscriptions.update", { id, events: ["skills.*"], filter: null })).toMatchObject({
      events: ["skills.*"],
      filter: null,
    });
  });

  test("makes another subscription of what is else the same, however its members are ordered", async () => {
    const desk = await Desk.open();
    const idOf = async (filter: Json) => (await desk.value("subscriptions.create", { ...ASKED, filter })).id;
    const [first, none] = [await idOf(PDF), await idOf(null)];
    expect(await idOf({ contains: ".pdf", field: ["data", "filename"] })).toBe(first);
    expect(await idOf({ not: PDF })).not.toBe(first);
    expect(none).not.toBe(first);
  });
});
