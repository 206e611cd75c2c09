import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeFolder } from "../../src/kernel/make-folder.ts";

it("makes the folders above too, and says what is in the way", () => {
  const folder = mkdtempSync(join(tmpdir(), "make-folder-"));
  makeFolder(join(folder, "a", "b"));
  makeFolder(join(folder, "a", "b"));
  expect(existsSync(join(folder, "a", "b"))).toBe(true);
  writeFileSync(join(folder, "file"), "");
  expect(() => makeFolder(join(folder, "file", "c"))).toThrow(/ENOTDIR/);
  rmSync(folder, { recursive: true });
});

it.skipIf(process.platform !== "linux")("ends where no folder can be made (Linux has such a place: /proc)", () => {
  expect(() => makeFolder("/proc/no-such-process/a")).toThrow(/ENOENT|EACCES/);
});
