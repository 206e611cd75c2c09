import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTidewire, type Tidewire } from "../src/app.ts";

/** How many servers listen, which would keep a process alive: one that was closed is counted until the loop's next turn. */
async function listening(): Promise<number> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
}

describe("with the sandbox beside", () => {
  let folder: string;
  let tidewire: Tidewire;
  let before: number;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tidewire-app-"));
    before = await listening();
    const env = { DATABASE_URL: `file:${join(folder, "tidewire.db")}`, TIDEWIRE_SANDBOX: "on", LOG_LEVEL: "silent" };
    tidewire = await createTidewire({ env });
  });
  afterEach(async () => {
    await tidewire.stop();
    rmSync(folder, { recursive: true });
  });

  test("a second stop is as good as the first", async () => {
    await tidewire.start();
    await Promise.all([tidewire.stop(), tidewire.stop()]);
    await tidewire.stop();
    expect([tidewire.sandboxUrl, await listening()]).toEqual([null, before]);
  });

  test("a second start and a preparation start no second sandbox", async () => {
    await Promise.all([tidewire.prepare(), tidewire.start()]);
    const url = tidewire.sandboxUrl;
    await tidewire.start();
    expect([tidewire.sandboxUrl, await listening()]).toEqual([url, before + 1]);
    await tidewire.stop();
    expect(await listening()).toBe(before);
  });

  test("a start after the stop is refused and leaves nothing open", async () => {
    await tidewire.start();
    await tidewire.stop();
    await expect(tidewire.start()).rejects.toMatchObject({ code: "unavailable" });
    await expect(tidewire.prepare()).rejects.toThrow();
    expect([tidewire.sandboxUrl, await listening()]).toEqual([null, before]);
  });

  test("a stop during the start ends what it starts", async () => {
    const started = tidewire.start();
    await tidewire.stop();
    await started;
    expect([tidewire.sandboxUrl, await listening()]).toEqual([null, before]);
  });
});

describe("on a link to a database that is not there yet", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "tidewire-link-")));
    for (const name of ["a", "b"]) mkdirSync(join(folder, name));
    symlinkSync("../b/x.db", join(folder, "a", "x.db"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const open = () => {
    const DATABASE_URL = `file:${join(folder, "a", "x.db")}`;
    return createTidewire({ env: { DATABASE_URL, TIDEWIRE_SANDBOX: "off", LOG_LEVEL: "silent" } });
  };

  test("the next start finds the keys, and none runs beside the first: they lay beside the link", async () => {
    const first = await open();
    expect(first.keyring.rootKeyFile).toBe(join(folder, "b", "x.db.root-key"));
    await expect(open()).rejects.toMatchObject({ code: "database_locked" });
    await first.stop();
    const next = await open();
    expect(next.keyring).toEqual({ ...first.keyring, rootKeyIsNew: false });
    await next.stop();
  });
});
