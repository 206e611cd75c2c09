import type { KeyObject } from "node:crypto";
import { inboundKeys } from "../../src/connections/inbound.ts";
import type { Incoming } from "../../src/inbound/verify.ts";
import { Secret } from "../../src/kernel/secret.ts";
import type { InboundRule } from "../../src/manifest/connector.ts";
import { connectorJson, linted, resourceJson } from "../manifest/written.ts";

/** `service.inbound` as the product understands it. */
export function ruleOf(inbound: Record<string, unknown>): InboundRule {
  const { connector, findings } = linted(connectorJson({ service: { inbound } }), resourceJson());
  if (findings.length > 0 || connector.inbound === null) throw new Error(JSON.stringify(findings));
  return connector.inbound;
}

export const STANDARD = ruleOf({ verify: "standard-webhooks" });

/** A webhook as it came in; header names in lower case. */
export function incoming(headers: Record<string, string | undefined>, body: string | Buffer): Incoming {
  return { header: (name) => headers[name], body: Buffer.from(body) };
}

/** The keys of a connection with these secrets. */
export function keysOf(rule: InboundRule, ...secrets: string[]): KeyObject[] {
  return inboundKeys(rule, { [rule.secret]: new Secret(secrets.join("\n")) });
}
