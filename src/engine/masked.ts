import type { Account } from "../model/connection.ts";

/** Shorter ones would be found within ordinary words. */
const SHORTEST = 4;

/** A provider's words without the connection's credentials: it may repeat what it was sent. */
export function masked(text: string, { credentials }: Pick<Account, "credentials">): string {
  return Object.values(credentials)
    .map((secret) => secret.reveal())
    .filter((value) => value.length >= SHORTEST)
    .reduce((told, value) => told.replaceAll(value, "[secret]"), text);
}
