import { openAsBlob, readFileSync, statSync } from "node:fs";
import { basename, isAbsolute, normalize, sep } from "node:path";
import { getMimeType } from "hono/utils/mime";
import { usageError } from "./terminal.ts";

/** A relative path is kept (`my-skill/SKILL.md`), so that files of one folder stay together. */
export function sentName(path: string): string {
  const normal = normalize(path);
  return isAbsolute(normal) || normal.startsWith("..") ? basename(normal) : normal.replaceAll(sep, "/");
}

/** A file that is read while it is sent, so that its size does not matter; its name's ending tells its type. Throws `invalid_input`. */
export async function openFile(path: string): Promise<Blob> {
  if (!statOf(path).isFile()) throw usageError(`${path} is not a file; name each file by a flag of its own.`);
  const [type] = (getMimeType(basename(path)) ?? "application/octet-stream").split(";");
  return openAsBlob(path, { type });
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The text of a file. Throws `invalid_input` when it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown) {
  return usageError(`${path} cannot be read: ${(error as Error).message}`);
}
