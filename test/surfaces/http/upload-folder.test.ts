import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeUploadFolder, removeLeftUploads } from "../../../src/surfaces/http/upload-folder.ts";

const NOW = Date.UTC(2026, 10, 20, 8);
const DAY_MS = 24 * 3_600_000;
/** The id of a process that has ended. */
const DEAD = spawnSync(process.execPath, ["-e", ""]).pid;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tidewire-folders-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function left(name: string, ageMs = 2 * DAY_MS): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, "0"), "secret");
  const seconds = (NOW - ageMs) / 1_000;
  utimesSync(path, seconds, seconds);
  return path;
}

describe("what a killed process left of uploads", () => {
  it("is removed with its files", async () => {
    const path = left(`tidewire-upload-${DEAD}-abc123`);
    await removeLeftUploads(NOW);
    expect(existsSync(path)).toBe(false);
  });

  it("is kept while it is younger than a day, for its process may be in another container", async () => {
    const path = left(`tidewire-upload-${DEAD}-abc123`, DAY_MS - 1_000);
    await removeLeftUploads(NOW);
    expect(existsSync(path)).toBe(true);
  });

  it("is nothing that a process still runs for, has another name, or is a link", async () => {
    left(`tidewire-upload-${process.pid}-abc123`);
    left(`tidewire-upload-abc123`);
    left(`tidewire-upload-${DEAD}-abc123.d`);
    const elsewhere = left("elsewhere");
    symlinkSync(elsewhere, join(folder, `tidewire-upload-${DEAD}-link`));
    const before = readdirSync(folder);
    await removeLeftUploads(NOW + 10 * DAY_MS);
    expect(readdirSync(folder)).toEqual(before);
    expect(existsSync(join(elsewhere, "0"))).toBe(true);
  });
});

describe("a folder for an upload", () => {
  it("is named after its process, so that what is left of it is known", async () => {
    const path = await makeUploadFolder();
    expect(basename(path)).toMatch(new RegExp(`^tidewire-upload-${process.pid}-\\w{6}$`));
    await removeLeftUploads(NOW + 400 * DAY_MS);
    expect(existsSync(path)).toBe(true);
  });
});
