import { parseDuration } from "../../kernel/duration.ts";
import type { InboundRule, Place, SignatureRule, SignedPart } from "../inbound-rule.ts";
import type { InboundSource, PlaceSource, VerificationSource } from "../schema/inbound.ts";
import type { ResourceSource } from "../schema/resource.ts";
import type { ManifestSource } from "../source.ts";

const DEFAULT_SECRET = "webhookSecret";
const DEFAULT_TOLERANCE = "5m";

/** Standard Webhooks (standardwebhooks.com), as one of the many ways to sign by HMAC. */
const STANDARD_WEBHOOKS: VerificationSource & object = {
  hmac: {
    header: "webhook-signature",
    algorithm: "sha256",
    encoding: "base64",
    prefix: "v1,",
    separator: " ",
    signs: "{{id}}.{{timestamp}}.{{body}}",
    timestamp: { header: "webhook-timestamp" },
    key: "base64",
  },
};
const STANDARD_ID: PlaceSource = { header: "webhook-id" };

/** How the provider's own webhooks are taken; null when none come in, or nothing says how they are verified. */
export function normaliseInbound({ connector, resources }: ManifestSource): InboundRule | null {
  const said = connector.service.inbound ?? inShort(resources);
  if (said === undefined) return null;
  const { verify, secret = DEFAULT_SECRET, type = ["type"], record = [] } = said;
  const id = said.id ?? (verify === "standard-webhooks" ? STANDARD_ID : undefined);
  return {
    secret,
    signature: signature(verify, said.tolerance ?? DEFAULT_TOLERANCE),
    id: id === undefined ? null : place(id),
    type: place(type),
    record,
  };
}

/** The short form: an event says itself how it is verified, and nothing else need be said. */
function inShort(resources: ResourceSource[]): InboundSource | undefined {
  for (const { source } of resources.flatMap(({ webhooks }) => webhooks ?? [])) {
    if (source?.type === "inbound" && source.verify !== undefined) return { verify: source.verify };
  }
  return undefined;
}

function signature(verify: VerificationSource, tolerance: string): SignatureRule {
  const { hmac } = verify === "standard-webhooks" ? STANDARD_WEBHOOKS : verify;
  const { timestamp } = hmac;
  return {
    header: hmac.header.toLowerCase(),
    separator: hmac.separator ?? ",",
    prefix: hmac.prefix ?? "",
    algorithm: hmac.algorithm,
    encoding: hmac.encoding ?? "hex",
    key: hmac.key ?? "text",
    signs: signedParts(hmac.signs ?? "{{body}}"),
    timestamp: timestamp
      ? {
          header: timestamp.header.toLowerCase(),
          prefix: timestamp.prefix ?? "",
          toleranceMs: parseDuration(tolerance),
        }
      : null,
  };
}

const SIGNED = new Map<string, SignedPart>([
  ["{{id}}", "id"],
  ["{{timestamp}}", "timestamp"],
  ["{{body}}", "body"],
]);

/** `{{timestamp}}.{{body}}`: the timestamp, a dot, the body. */
function signedParts(text: string): SignedPart[] {
  const parts = text.split(/(\{\{\w+\}\})/).filter((part) => part !== "");
  return parts.map((part) => SIGNED.get(part) ?? { text: part });
}

function place(source: PlaceSource): Place {
  return "header" in source ? { header: source.header.toLowerCase() } : { selector: source };
}
