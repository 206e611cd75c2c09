import type { Selector } from "./select.ts";

/** How the provider's own webhooks are taken: at one address for all their types. */
export interface InboundRule {
  /** The credential field that holds the signing secret. */
  secret: string;
  signature: SignatureRule;
  /** What tells an event from another; null = the body itself. */
  id: Place | null;
  /** What the provider calls the event. */
  type: Place;
  /** Where in the body the record stands that payloads are made of. */
  record: Selector;
}

/** A place in what the provider sends: a header (lower-case), or within the body. */
export type Place = { header: string } | { selector: Selector };

/** How the provider proves that a webhook is its own: an HMAC over some of what it sends. */
export interface SignatureRule {
  /** Lower-case name of the header that holds the signatures. */
  header: string;
  /** Stands between several of them. */
  separator: string;
  /** Stands before each that counts. */
  prefix: string;
  algorithm: "sha1" | "sha256" | "sha512";
  encoding: "hex" | "base64";
  /** `base64`: the key is what the secret holds in base64, behind `whsec_` or alone; `text`: it is the secret's own bytes. */
  key: "text" | "base64";
  /** What is signed, in order. */
  signs: SignedPart[];
  /** When it was signed, in seconds since the epoch; null when the provider does not say. */
  timestamp: TimestampRule | null;
}

interface TimestampRule {
  /** Lower-case. */
  header: string;
  prefix: string;
  /** How far it may be from now, before or after, in ms. */
  toleranceMs: number;
}

/** What the provider sends, or a text that stands between. */
export type SignedPart = "id" | "timestamp" | "body" | { text: string };
