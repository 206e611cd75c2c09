import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { realPath } from "./kernel/real-path.ts";

const SHIPPED_CONNECTOR = fileURLToPath(new URL("../connector.json", import.meta.url));

/** The manifests in force: those of the settings, else the shipped one. */
export function connectorPaths({ TIDEWIRE_CONNECTORS }: Config): readonly string[] {
  return TIDEWIRE_CONNECTORS ?? [SHIPPED_CONNECTOR];
}

/** The file of `DATABASE_URL`, absolute and one whichever links lead to it; `:memory:` as it is. */
export function databasePath(config: Config): string {
  const path = namedDatabasePath(config);
  return path === ":memory:" ? path : realPath(path);
}

/** The same as the setting names it: a link, if it names one. */
export function namedDatabasePath({ DATABASE_URL }: Config): string {
  const path = DATABASE_URL.slice("file:".length).replace(/^\/\/(?=\/)/, "");
  return path === ":memory:" ? path : resolve(path);
}
