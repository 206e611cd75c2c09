import { createSecretKey, type KeyObject } from "node:crypto";
import type { Config } from "../config.ts";
import type { Mistake } from "../kernel/errors.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Connector, InboundRule } from "../manifest/connector.ts";
import { connectorNamed } from "../manifest/triggers.ts";
import type { Connection } from "../model/connection.ts";
import { linkBase } from "./link-base.ts";

/** Where providers send their own webhooks. */
export const INBOUND_PATH = "/inbound/";

/** Each costs a look at the whole body of whatever comes in, so their number has an end. */
const MAX_SECRETS = 10;
const PREFIX = /^whsec_/;
/** What parts several secrets: one that is the key itself may have spaces in it. */
const BETWEEN = { text: /[\r\n]+/, base64: /\s+/ };

/** The keys that a connection's webhooks may be signed with: of one secret, or of several while it is changed at the provider. */
export function inboundKeys(rule: InboundRule, credentials: Record<string, Secret>): KeyObject[] {
  const secrets = secretsIn(rule, credentials[rule.secret]?.reveal());
  return secrets.map((secret) => keyOf(rule, secret)).filter((key) => key !== null);
}

/** What is wrong with the signing secret that a connection would have. */
export function inboundMistakes({ inbound }: Connector, credentials: Record<string, string>): Mistake[] {
  if (inbound === null) return [];
  const secrets = secretsIn(inbound, credentials[inbound.secret]);
  const at = `credentials.${inbound.secret}`;
  if (secrets.length > MAX_SECRETS) return [{ at, message: `may hold ${MAX_SECRETS} secrets at most` }];
  return secrets.every((secret) => keyOf(inbound, secret) !== null)
    ? []
    : [{ at, message: "is no secret of the provider's webhooks; write whsec_ and base64, as the provider shows it" }];
}

/** Where the provider sends a connection's webhooks, and what is missing for them to be taken; null where none come. */
export function inboundView(
  { connectors, config, baseUrl }: { connectors: readonly Connector[]; config: Config; baseUrl: string | undefined },
  { connector: handle, name, credentialFields }: Connection,
): { inbound_url: string | null; inbound_hint: string | null } {
  const rule = connectorNamed(connectors, handle)?.inbound;
  if (!rule) return { inbound_url: null, inbound_hint: null };
  const hint = `Set credentials.${rule.secret} to the provider's signing secret; until then what it sends is refused.`;
  return {
    inbound_url: `${linkBase(config, baseUrl)}${INBOUND_PATH}${handle}/${encodeURIComponent(name)}`,
    inbound_hint: credentialFields.includes(rule.secret) ? null : hint,
  };
}

function secretsIn({ signature }: InboundRule, text = ""): string[] {
  return text.split(BETWEEN[signature.key]).filter((secret) => secret !== "");
}

/** Null for base64 that is none: Node would decode some of it, and the key would be another than the provider's. */
function keyOf({ signature }: InboundRule, secret: string): KeyObject | null {
  if (signature.key === "text") return createSecretKey(secret, "utf8");
  const base64 = secret.replace(PREFIX, "");
  const key = Buffer.from(base64, "base64");
  const isWhole = key.toString("base64").replace(/=+$/, "") === base64.replace(/=+$/, "");
  return isWhole && key.length > 0 ? createSecretKey(key) : null;
}
