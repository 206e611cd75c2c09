import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";

const SHIPPED_CONNECTOR = fileURLToPath(new URL("../connector.json", import.meta.url));

/** The manifests in force: those of the settings, else the shipped one. */
export function connectorPaths({ TIDEWIRE_CONNECTORS }: Config): readonly string[] {
  return TIDEWIRE_CONNECTORS ?? [SHIPPED_CONNECTOR];
}

/** The file of `DATABASE_URL`, absolute; `:memory:` as it is. */
export function databasePath({ DATABASE_URL }: Config): string {
  const path = DATABASE_URL.slice("file:".length).replace(/^\/\/(?=\/)/, "");
  return path === ":memory:" || isAbsolute(path) ? path : resolve(path);
}
