import { parseDuration } from "../kernel/duration.ts";
import type { Connector, Param, RateLimit } from "./connector.ts";
import { normaliseAuths, withoutCredential } from "./normalise/auth.ts";
import { normaliseInbound } from "./normalise/inbound.ts";
import {
  DEFAULT_TIMEOUT,
  errorRules,
  headerRules,
  normaliseMeta,
  normaliseParam,
  retryPolicy,
} from "./normalise/parts.ts";
import { normaliseResource } from "./normalise/resource.ts";
import { normaliseDirectory } from "./normalise/unified.ts";
import type { ConnectorSource, ServiceSource } from "./schema/service.ts";
import type { ManifestSource } from "./source.ts";

/** Response headers worth keeping of an API that does not say which. */
const DEFAULT_CAPTURE = ["request-id", "x-request-id", "retry-after"];
/** The share of a provider's limit that sweeps leave to callers. */
const DEFAULT_RESERVE = 0.2;
const ALWAYS_REDACTED = ["authorization", "cookie", "set-cookie", "proxy-authorization"];

/**
 * The full internal model of a manifest, every default filled in; the seed form included. Pure, and never throws: a name
 * that leads nowhere is left out here and reported by the rules (`lint.ts`).
 */
export function normalise(source: ManifestSource): Connector {
  const { connector } = source;
  const { service } = connector;
  const auths = normaliseAuths(service);
  return {
    handle: connector.handle,
    aliases: connector.aliases ?? [],
    version: connector.version ?? "0.0.0",
    status: connector.status ?? "active",
    manifestVersion: connector.manifestVersion ?? 0,
    meta: normaliseMeta(connector.meta, connector.handle),
    baseURL: service.baseURL.value.replace(/\/+$/, ""),
    contentType: service.contentType ?? "application/json",
    headers: headerRules(withoutCredential(service, auths)),
    params: connectionParams(connector),
    auths,
    allowedHosts: service.allowedHosts ?? [],
    timeoutMs: parseDuration(service.timeout ?? DEFAULT_TIMEOUT),
    retry: retryPolicy([service.retry]),
    rateLimits: (service.rateLimit ?? []).map(rateLimit),
    errors: errorRules([service.errors]),
    capture: (service.capture ?? DEFAULT_CAPTURE).map((name) => name.toLowerCase()),
    redact: redactedNames(
      service,
      Object.values(auths).map((auth) => auth.parameter),
    ),
    probe: service.probe === undefined ? null : probe(service.probe),
    inbound: normaliseInbound(source),
    resources: source.resources.map((resource) => normaliseResource(resource, connector)),
    directory: normaliseDirectory(connector),
    file: source.file,
  };
}

/** The settings that are declared, and `baseUrl`, which every connector has. */
function connectionParams({ service, meta, handle }: ConnectorSource): Param[] {
  const declared = [...(service.params ?? []), ...(service.baseURL.placeholders ?? [])].map(normaliseParam);
  if (declared.some((param) => param.name === "baseUrl")) return declared;
  const baseUrl: Param = {
    name: "baseUrl",
    type: "String",
    required: false,
    format: "uri",
    description: `Replaces the base URL of ${meta?.short ?? handle} (${service.baseURL.value}).`,
  };
  return [baseUrl, ...declared];
}

function redactedNames(service: ServiceSource, credentialNames: string[]): string[] {
  const names = [...ALWAYS_REDACTED, ...credentialNames, ...(service.redact ?? [])];
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

function rateLimit(source: NonNullable<ServiceSource["rateLimit"]>[number]): RateLimit {
  const reserve = source.reserve ?? DEFAULT_RESERVE;
  if ("requests" in source) return { requests: source.requests, perMs: parseDuration(source.per), reserve };
  const { limit, remaining, reset } = source.headers;
  const headers = { limit: limit.toLowerCase(), remaining: remaining.toLowerCase(), reset: reset.toLowerCase() };
  return { headers, reserve };
}

function probe({ operation, input, account, accountHeader }: NonNullable<ServiceSource["probe"]>): Connector["probe"] {
  return {
    operation,
    input: input ?? {},
    account: account ?? null,
    accountHeader: accountHeader?.toLowerCase() ?? null,
  };
}
