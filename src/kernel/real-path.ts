import { existsSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { TidewireError } from "./errors.ts";

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * The file or folder that an absolute path leads to, links followed, also those to what is not there yet: that has its name in
 * the folder that is. Throws `database_unwritable` for links that lead in a circle. `mostLinks` is how many it still follows.
 */
export function realPath(path: string, mostLinks: number = MOST_LINKS): string {
  if (existsSync(path)) return realpathSync(path);
  if (mostLinks === 0) throw new TidewireError("database_unwritable", `${path} is a link that leads back to itself.`);
  if (dirname(path) === path) return path;
  const folder = realPath(dirname(path), mostLinks);
  const here = join(folder, basename(path));
  const target = targetOf(here);
  return target === null ? here : realPath(resolve(folder, target), mostLinks - 1);
}

/** Where a link leads; null for what is none, or not to be seen, which whoever opens it is told. */
function targetOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
