import { expect, test } from "vitest";
import { createLog } from "../../src/kernel/log.ts";
import { drizzle } from "../../src/store/drizzle.ts";
import { MIGRATIONS, migrateSqlite } from "../../src/store/migrate.ts";
import { patient } from "../../src/store/patient.ts";
import { openClient } from "../../src/store/sqlite-client.ts";
import { sqliteDialect } from "../../src/store/sqlite-dialect.ts";
import { createStore } from "../../src/store/store.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { Receiver } from "../support/receiver.ts";
import { Desk } from "./desk.ts";

test("while the disk is full no webhook is sent a second time, and all goes on by itself when there is room", async () => {
  const clock = new ManualClock();
  const client = openClient(":memory:");
  migrateSqlite(drizzle({ client }), MIGRATIONS, ":memory:");
  const store = patient(await createStore(sqliteDialect(client, () => {}, clock)), { clock, log: createLog("silent") });
  const desk = await Desk.open({ clock, wrap: () => store });
  const answer = "x".repeat(16_000); // kept with each try, so that there is soon no room for it
  const receiver = await Receiver.start((response) => void response.writeHead(500).end(answer));
  await desk.subscribe(receiver.url());
  for (let n = 0; n < 5; n++) await desk.tell();
  client.pragma(`max_page_count = ${String(client.pragma("page_count", { simple: true }))}`);

  await receiver.arrived(5);
  for (let n = 0; n < 30; n++) await clock.advance(1_000);
  const sent = receiver.received().map(({ id, attempt }) => `${id} ${attempt}`);
  expect(new Set(sent).size).toBe(sent.length);
  expect(sent.length).toBeLessThan(8); // one or two outcomes may have found the last room, and gone on
  await expect(desk.tell({ data: "y".repeat(100_000) })).rejects.toMatchObject({ code: "database_full" });

  client.pragma("max_page_count = 1000000");
  receiver.script((response) => void response.writeHead(204).end());
  for (let n = 0; n < 400; n++) await clock.advance(1_000); // over the second wait of the schedule
  expect((await desk.list("deliveries.list")).map(({ status }) => status)).toEqual(Array(5).fill("delivered"));
  const all = receiver.received().map(({ id, attempt }) => `${id} ${attempt}`);
  expect(new Set(all).size).toBe(all.length);
  await receiver.stop();
});
