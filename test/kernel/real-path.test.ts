import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realPath } from "../../src/kernel/real-path.ts";

describe("the real path", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "tidewire-path-")));
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real", "x.db"), "");
    symlinkSync("real", join(folder, "linked"));
    symlinkSync("real/x.db", join(folder, "y.db"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("of a file is one, whichever links lead to it", () => {
    const file = join(folder, "real", "x.db");
    for (const way of ["real/x.db", "linked/x.db", "y.db", "real/../linked/x.db"]) {
      expect(realPath(join(folder, way))).toBe(file);
    }
  });

  it("of what is not there yet is the same before and after it is made", () => {
    expect(realPath(join(folder, "linked", "new.db"))).toBe(join(folder, "real", "new.db"));
    expect(realPath(join(folder, "linked", "no", "such", "new.db"))).toBe(join(folder, "real", "no", "such", "new.db"));
  });

  it("of a link is the same before and after its file is made: keys and lock of the first start lay beside the link", () => {
    const ways = {
      "to-new.db": "real/new.db",
      "to-link.db": "to-new.db",
      "linked/up.db": "../new.db",
      away: "no/such",
    };
    for (const [link, target] of Object.entries(ways)) symlinkSync(target, join(folder, link));
    const paths = ["to-new.db", "to-link.db", "linked/up.db", "away/x.db"].map((way) => join(folder, way));
    const before = paths.map((path) => realPath(path));
    expect(before).toEqual(["real/new.db", "real/new.db", "new.db", "no/such/x.db"].map((way) => join(folder, way)));
    mkdirSync(join(folder, "no", "such"), { recursive: true });
    for (const path of before) writeFileSync(path, "");
    expect(paths.map((path) => realPath(path))).toEqual(before);
  });

  it.each(["loop.db", "round/x.db"])("says of links in a circle what they are (%s)", (way) => {
    symlinkSync("other.db", join(folder, "loop.db"));
    symlinkSync("loop.db", join(folder, "other.db"));
    symlinkSync("round", join(folder, "round"));
    expect(() => realPath(join(folder, way))).toThrowError(
      expect.objectContaining({
        code: "database_unwritable",
        message: expect.stringContaining("leads back to itself"),
      }),
    );
  });
});
