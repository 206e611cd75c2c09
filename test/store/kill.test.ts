import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { NOW } from "../support/store-rows.ts";

const CHILD = fileURLToPath(new URL("../support/store-child.ts", import.meta.url));

describe("a process that holds the database", () => {
  let folder: string;
  let child: ChildProcess;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tidewire-kill-"));
  });
  afterEach(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  it.each(["here", "thread"])(
    "keeps others out while it lives; killed, it leaves the database free and every commit it reported (written: %s)",
    async (where) => {
      const path = join(folder, "tidewire.db");
      child = spawn(process.execPath, [CHILD, path, where], { stdio: ["ignore", "pipe", "inherit"] });
      let reported = 0;
      const lines = createInterface({ input: child.stdout! });
      await new Promise<void>((resolve) => {
        lines.on("line", (line) => {
          reported = Number(line);
          if (reported === 20) resolve();
        });
      });
      await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: "database_locked" });

      child.kill("SIGKILL");
      await once(child, "close");
      const store = await openSqliteStore({ path });
      const stored = await store.events.load(Array.from({ length: reported }, (_, i) => `evt_${i + 1}`));
      expect(reported).toBeGreaterThanOrEqual(20);
      expect(stored.size).toBe(reported);
      const jobs = await store.jobs.due("deliver", "sub_1", NOW, 1e6);
      const newest = (await store.events.list({ limit: 1, connections: null })).items[0];
      expect(jobs).toHaveLength(newest!.seq); // an event and its work are there together or not at all
      await store.close();
    },
  );
});
