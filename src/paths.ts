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
export function databasePath({ DATABASE_URL }: Config): string {
  const path = DATABASE_URL.slice("file:".length).replace(/^\/\/(?=\/)/, "");
  return path === ":memory:" ? path : realPath(resolve(path));
}
