import { invalidInput, type Mistake } from "../kernel/errors.ts";
import type { Vault } from "../kernel/vault.ts";
import type { Subscription } from "../model/subscription.ts";

/** A header's name by RFC 9110, section 5.1. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Visible ASCII with spaces and tabs within: what every receiver reads alike. */
const VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;
/** What is shown in place of a header's value. */
export const MASK = "********";
const LONGEST_VALUE = 4_096;
const MOST_HEADERS = 20;

/** What belongs to the connection, to the framing or to Tidewire. */
const REFUSED_NAMES = new Set([
  "accept-encoding",
  "connection",
  "cookie",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
]);
const REFUSED_PREFIX = /^(content-|webhook-|x-forwarded-|tidewire-)/;

/** Extra headers with their names in lower case. Throws `invalid_input` with each that may not be set. */
export function checkHeaders(given: Record<string, string>): Record<string, string> {
  const entries = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (entries.length > MOST_HEADERS)
    throw invalidInput([{ at: "headers", message: `give ${MOST_HEADERS} headers at most` }]);
  const mistakes = entries.flatMap(([name, value], index): Mistake[] => {
    const isRepeated = entries.findIndex(([other]) => other === name) < index;
    const message = isRepeated ? "is given twice" : refusal(name, value);
    return message === null ? [] : [{ at: `headers.${name}`, message }];
  });
  if (mistakes.length > 0) throw invalidInput(mistakes);
  return Object.fromEntries(entries);
}

function refusal(name: string, value: string): string | null {
  if (!NAME.test(name)) return "is not a header's name";
  if (REFUSED_NAMES.has(name) || REFUSED_PREFIX.test(name)) return "may not be set by a subscription";
  if (value === MASK) return "give the value itself, not the mask that stands for it";
  if (value.length > LONGEST_VALUE) return `its value is longer than ${LONGEST_VALUE} characters`;
  return VALUE.test(value) ? null : "its value must be visible ASCII with no space at either end";
}

/** The columns that hold a subscription's headers: sealed for its id alone, with their names. */
export function sealHeaders(
  vault: Vault,
  id: string,
  given: Record<string, string> | null,
): Pick<Subscription, "sealedHeaders" | "headerNames"> {
  const headers = checkHeaders(given ?? {});
  const headerNames = Object.keys(headers);
  const sealedHeaders = headerNames.length === 0 ? null : vault.seal(JSON.stringify(headers), id);
  return { sealedHeaders, headerNames };
}
