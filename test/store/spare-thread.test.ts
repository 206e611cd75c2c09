import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RemoteWriter } from "../../src/store/remote-writer.ts";
import { SpareThread } from "../../src/store/spare-thread.ts";
import { openClient } from "../../src/store/sqlite-client.ts";
import { ManualClock } from "../support/manual-clock.ts";

let folder: string;
let clock: ManualClock;
let spare: SpareThread;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tidewire-spare-"));
  const path = join(folder, "a.db");
  const client = openClient(path);
  client.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  client.close();
  clock = new ManualClock();
  spare = new SpareThread(clock, () => RemoteWriter.start(path));
});
afterEach(async () => {
  await spare.close();
  rmSync(folder, { recursive: true });
});

const insert = (id: number) => [[{ sql: "INSERT INTO t VALUES (?)", params: [id], skip: 0 }]];

/** Writing took so long that there is one. */
async function hired(): Promise<RemoteWriter> {
  spare.noteHere(clock.now() - 60, clock.now());
  await vi.waitFor(() => expect(spare.writer).not.toBeNull(), { timeout: 5_000 });
  return spare.writer as RemoteWriter;
}

it("is there for a burst, is let go when that is long over, and comes again", async () => {
  expect(spare.writer).toBeNull();
  const ended = new Promise<void>((resolve) =>
    process.once("worker", (thread) => thread.once("exit", () => resolve())),
  );
  const first = await hired();
  expect(await first.write(insert(1))).toEqual([{ changed: [1] }]);
  spare.noteThere(1);
  await clock.advance(29_999);
  expect(spare.writer).toBe(first);
  await clock.advance(1);
  expect(spare.writer).toBeNull();
  await ended;
  expect(await (await hired()).write(insert(2))).toEqual([{ changed: [2] }]);
});

it("stays while there is much to write", async () => {
  const writer = await hired();
  for (let look = 0; look < 3; look++) {
    spare.noteThere(3_000);
    await clock.advance(30_000);
    expect(spare.writer).toBe(writer);
  }
});

it("stays while something is under way, and is let go after it", async () => {
  const writer = await hired();
  const written = writer.write(insert(1));
  await clock.advance(30_000);
  expect(spare.writer).toBe(writer);
  await written;
  await clock.advance(30_000);
  expect(spare.writer).toBeNull();
});

it("does not come for little", () => {
  for (let second = 0; second < 3; second++) {
    spare.noteHere(clock.now() + 1_000 * second, clock.now() + 1_000 * second + 40);
  }
  expect(clock.pending).toBe(0);
});
