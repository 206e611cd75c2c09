import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../../kernel/process-alive.ts";

/** A process's id, and what makes the name unique. */
const NAME = /^tidewire-upload-(\d+)-\w+$/;
/** A process in another container may share the folder and not be seen from here, but none takes a day to receive a form. */
const OLD_MS = 24 * 3_600_000;

/** A new folder for the files of one form, in the system's temporary folder; whoever makes it removes it. */
export function makeUploadFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), `tidewire-upload-${process.pid}-`));
}

/** Removes the folders that killed processes of this user left a day ago or longer; `now` is ms since the epoch. */
export async function removeLeftUploads(now: number): Promise<void> {
  const names = await readdir(tmpdir());
  const dead = names.filter((name) => {
    const pid = NAME.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  for (const path of dead.map((name) => join(tmpdir(), name))) {
    if (await isLeft(path, now)) await rm(path, { recursive: true, force: true });
  }
}

/** False as well for what another process has removed meanwhile, and for a link that leads elsewhere. */
async function isLeft(path: string, now: number): Promise<boolean> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return found !== null && found.isDirectory() && found.uid === process.getuid?.() && now - found.mtimeMs > OLD_MS;
}
