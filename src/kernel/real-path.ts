import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The file or folder that an absolute path leads to, links followed; what is not there yet keeps its name in the folder that is. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return folder === path ? path : join(realPath(folder), basename(path));
}
