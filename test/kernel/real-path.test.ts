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
});
