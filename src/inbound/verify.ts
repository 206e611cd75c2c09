import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import type { InboundRule, Place, SignatureRule, SignedPart } from "../manifest/connector.ts";

/** A webhook as the provider sent it. */
export interface Incoming {
  /** A header by its lower-case name. */
  header(name: string): string | undefined;
  /** Byte for byte. */
  body: Buffer;
}

/**
 * True when a webhook is signed with one of the keys, and was signed near `now` (ms since the epoch) where the provider says
 * when. What does not fit in any way is just not proven: nobody learns why.
 */
export function isProven(rule: InboundRule, keys: readonly KeyObject[], incoming: Incoming, now: number): boolean {
  const { signature } = rule;
  const timestamp = timestampOf(signature, incoming, now);
  const id = signedId(rule.id, incoming);
  const signed = signature.signs.map((part) => bytesOf(part, { id, timestamp, body: incoming.body }));
  if (signed.includes(undefined)) return false;
  const given = elementsOf(incoming.header(signature.header), signature);
  const expected = keys.map((key) => digestOf(signature, key, signed as (string | Buffer)[]));
  return given.some((one) => expected.some((right) => isSame(one, right, signature)));
}

/** The time of signing as it was sent; empty when the provider says none, undefined when it is missing, none or too far from now. */
function timestampOf(
  { timestamp: rule, separator }: SignatureRule,
  incoming: Incoming,
  now: number,
): string | undefined {
  if (rule === null) return "";
  const [text = ""] = elementsOf(incoming.header(rule.header), { prefix: rule.prefix, separator });
  const away = Math.abs(Number(text) - Math.floor(now / 1_000)) * 1_000;
  return /^\d{1,12}$/.test(text) && away <= rule.toleranceMs ? text : undefined;
}

function signedId(id: Place | null, incoming: Incoming): string | undefined {
  return id !== null && "header" in id ? incoming.header(id.header) || undefined : undefined;
}

function bytesOf(
  part: SignedPart,
  given: { id: string | undefined; timestamp: string | undefined; body: Buffer },
): string | Buffer | undefined {
  return typeof part === "object" ? part.text : given[part];
}

/** The values in a header that begin as they must: `sha256=…`, `t=…,v1=…`, `v1,… v1,…`. */
function elementsOf(header = "", { prefix, separator }: Pick<SignatureRule, "prefix" | "separator">): string[] {
  return header
    .split(separator)
    .map((element) => element.trim())
    .filter((element) => element.startsWith(prefix))
    .map((element) => element.slice(prefix.length));
}

function digestOf({ algorithm, encoding }: SignatureRule, key: KeyObject, signed: (string | Buffer)[]): string {
  const hmac = createHmac(algorithm, key);
  for (const part of signed) hmac.update(part);
  return hmac.digest(encoding);
}

/** Compares in a time that says nothing of where they differ. Hexadecimal may come in capitals. */
function isSame(given: string, right: string, { encoding }: SignatureRule): boolean {
  const [a, b] = [encoding === "hex" ? given.toLowerCase() : given, right].map((text) => Buffer.from(text));
  return a !== undefined && b !== undefined && a.length === b.length && timingSafeEqual(a, b);
}
