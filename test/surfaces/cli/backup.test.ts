import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Desk, run } from "./rig.ts";

describe("tidewire backup", () => {
  let desk: Desk;
  afterEach(() => desk.close());
  const started = async () => {
    desk = new Desk();
    await desk.serve();
    return {
      copy: join(desk.folder, "copy.db"),
      backup: (...args: string[]) => run(["backup", ...args], desk.product, desk.env),
    };
  };

  it("copies the database that a server holds, and says what is not in it", async () => {
    const { copy, backup } = await started();
    const made = await backup(copy);
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toMatch(/^\S*copy\.db: \d+\.\d MB, checked\.\n/);
    expect(made.out).toContain(`${join(desk.folder, "tidewire.db")}.vault-key`);
    expect(existsSync(`${copy}.vault-key`)).toBe(false);
    expect(await backup(copy)).toMatchObject({ code: 1, err: expect.stringMatching(/^conflict: .*--force/) });
    expect(await backup(copy, "--force")).toMatchObject({ code: 0 });
  });

  it("copies the keys when told, for their owner's eyes alone, and replaces none", async () => {
    const { copy, backup } = await started();
    expect(await backup(copy, "--with-keys", "--json")).toMatchObject({ code: 0 });
    for (const key of ["vault-key", "root-key"]) {
      expect(readFileSync(`${copy}.${key}`)).toEqual(readFileSync(join(desk.folder, `tidewire.db.${key}`)));
      expect(statSync(`${copy}.${key}`).mode & 0o777).toBe(0o600);
    }
    const elsewhere = join(desk.folder, "other.db");
    expect((await backup(elsewhere)).code).toBe(0);
    expect(await backup(copy, "--with-keys")).toMatchObject({ code: 1 });
  });

  it("copies a database that nobody holds, tells a person how far it is, and a script in JSON", async () => {
    desk = new Desk();
    await desk.run("keys", "list"); // makes the database, and leaves it
    const copy = join(desk.folder, "copy.db");
    const seen = await run(["backup", copy], desk.product, desk.env, { says: true });
    expect(seen).toMatchObject({ code: 0, err: expect.stringContaining("100 %") });
    const told = await run(["backup", copy, "--force", "--json"], desk.product, desk.env);
    expect(JSON.parse(told.out)).toMatchObject({ file: copy, bytes: statSync(copy).size, keys: [{ copy: null }, {}] });
  });

  it("says where it looked when there is no database", async () => {
    desk = new Desk();
    const refused = await run(["backup", join(desk.folder, "copy.db")], desk.product, desk.env);
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining("DATABASE_URL") });
  });
});
