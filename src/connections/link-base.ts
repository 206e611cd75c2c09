import type { Config } from "../config.ts";

/** The base of our own links, such as are given to providers: as the caller reached us, else as the settings say. */
export function linkBase(config: Config, baseUrl: string | undefined): string {
  return baseUrl ?? config.TIDEWIRE_PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
}
