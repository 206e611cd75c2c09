import { spawnSync } from "node:child_process";
import { cpSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What the product reads beside its code. */
const SHIPPED = ["package.json", "bin", "connector.json", "resources", "drizzle"];

/** Builds the package into a folder as it is published; gives its program. Throws with what the compiler said. */
export function buildPackage(folder: string): string {
  const place = join(folder, "package");
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const arguments_ = [compiler, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", join(place, "dist"), "--noCheck"];
  const { status, stdout } = spawnSync(process.execPath, arguments_, { encoding: "utf8" });
  if (status !== 0) throw new Error(`The package could not be built:\n${stdout}`);
  for (const name of SHIPPED) cpSync(join(ROOT, name), join(place, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"));
  return join(place, "bin/tidewire.js");
}
