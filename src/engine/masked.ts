import type { Account } from "../model/connection.ts";
import type { Tried } from "./no-answer.ts";

/** Shorter ones would be found within ordinary words. */
const SHORTEST = 4;

/** A provider's words without the connection's credentials: it may repeat what it was sent, as it is or as a URL has it. */
export function masked(text: string, { credentials }: Pick<Account, "credentials">): string {
  return withoutAny(
    text,
    Object.values(credentials).map((secret) => secret.reveal()),
  );
}

/** What masks headers that repeat the call's address; null where no credential stands in it, so that most calls pay nothing. */
export function addressMask({ call, request }: Pick<Tried, "call" | "request">): ((text: string) => string) | null {
  const { connector, operation, account } = call;
  const auth = connector.auths[operation.auth];
  if (auth?.in !== "query") return null;
  // A token that was got for the credential is known by the address alone.
  const sent = request.url.searchParams.get(auth.parameter) ?? "";
  return (text) => withoutAny(masked(text, account), [sent]);
}

function withoutAny(text: string, values: readonly string[]): string {
  return values
    .filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [value, encodeURIComponent(value.toWellFormed())])
    .reduce((told, value) => told.replaceAll(value, "[secret]"), text);
}
