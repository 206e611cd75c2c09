import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { Example, findingsOf } from "./support/example.ts";
import type { Program } from "./support/real-server.ts";

/** Bookings, and entries: three pages of each. */
const ROWS = 120;
const PAGE = 50;
const PROGRAM: Program = {
  script: "json-server/lib/cli/bin.js",
  args({ port, folder }) {
    const file = join(folder, "harbour.json");
    const bookings = numbered((id) => ({ id, ship: `Ship ${id}`, berth: null, status: "requested" }));
    const entries = numbered((id) => ({ id, at: "2026-11-20T06:10:00Z", text: `Entry ${id}` }));
    writeFileSync(file, JSON.stringify({ bookings, entries }));
    return ["--host", "127.0.0.1", "--port", String(port), file];
  },
};

/** An open API that pages by number and by offset: https://github.com/typicode/json-server/tree/v0.17.4 */
describe("json-server", () => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.start("json-server", PROGRAM);
    expect((await example.connect()).status).toBe(201);
    for (const resource of ["bookings", "entries"]) {
      const baseline = await example.tidewire.sweep(resource);
      expect(baseline).toMatchObject({ complete: true, items: ROWS, events: 0 });
    }
  });
  afterAll(() => example?.end());

  it("has a manifest without a fault", () => {
    expect(findingsOf("json-server")).toEqual([]);
  });

  it("lists by pages and by offset, to the end", async () => {
    for (const operation of ["bookings.list", "entries.list"]) {
      const ids: unknown[] = [];
      let cursor: Json | undefined;
      do {
        const { body } = await example.call(operation, { limit: 25, ...(cursor ? { cursor } : {}) });
        ids.push(...(body.result as JsonObject[]).map(({ id }) => id));
        cursor = body.next_cursor;
      } while (cursor);
      expect(ids.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbered((id) => id));
    }
  });

  it("tells a booking that somebody else made, at the poller's own time", async () => {
    await change("POST", "/bookings", { ship: "Waverley", berth: null, status: "requested" });
    await example.tidewire.clock.advance(60_000);
    expect(await example.toldOne("bookings.created")).toMatchObject({
      data: { ship: "Waverley", status: "requested" },
    });
  });

  it("tells that a booking was confirmed, once", async () => {
    await change("PATCH", "/bookings/7", { status: "confirmed", berth: "N3" });
    await example.tidewire.sweep("bookings");
    expect(await example.toldOne("bookings.confirmed")).toMatchObject({ data: { id: 7, berth: "N3" } });
    await change("PATCH", "/bookings/7", { berth: "N4" });
    expect(await example.tidewire.sweep("bookings")).toMatchObject({ changed: 1, events: 0 });
  });

  it("tells a removal after two looks and a 404", async () => {
    await change("DELETE", "/bookings/60");
    expect(await example.tidewire.sweep("bookings")).toMatchObject({ items: ROWS, removed: 0, events: 0 });
    expect(await example.tidewire.sweep("bookings")).toMatchObject({ removed: 1, events: 1 });
    expect(await example.toldOne("bookings.deleted")).toMatchObject({ data: { id: 60, ship: "Ship 60" } });
  });

  it("looks at the log only as far back as something is new, and tells it", async () => {
    await change("POST", "/entries", { at: "2026-11-20T12:31:00Z", text: "Low water, 0.8 m" });
    expect(await example.tidewire.sweep("entries")).toMatchObject({ items: 2 * PAGE, added: 1, events: 1 });
    expect(await example.toldOne("entries.created")).toMatchObject({
      data: { id: ROWS + 1, text: "Low water, 0.8 m" },
    });
  });

  it("runs its operations", async () => {
    const { id } = await example.run("bookings.create", { ship: "Balmoral" });
    expect(await example.run("bookings.update", { booking_id: id ?? null, berth: "S1" })).toMatchObject({
      berth: "S1",
    });
    expect(await example.run("bookings.read", { booking_id: id ?? null })).toEqual({
      id,
      ship: "Balmoral",
      berth: "S1",
      status: "requested",
    });
    expect((await example.call("bookings.delete", { booking_id: id ?? null })).status).toBeLessThan(300);
    expect(await example.call("bookings.read", { booking_id: id ?? null })).toMatchObject({ status: 404 });
  });

  /** Somebody who knows nothing of Tidewire. */
  async function change(method: string, path: string, body?: JsonObject): Promise<void> {
    const init = { method, ...(body ? { body: JSON.stringify(body) } : {}) };
    const answer = await fetch(example.server.url + path, { ...init, headers: { "content-type": "application/json" } });
    expect(answer.ok).toBe(true);
  }
});

function numbered<Row>(row: (id: number) => Row): Row[] {
  return Array.from({ length: ROWS }, (_, n) => row(n + 1));
}
