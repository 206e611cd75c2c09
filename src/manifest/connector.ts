import type { Json } from "../kernel/json.ts";
import type { DirectoryModel } from "../model/directory.ts";
import type { RetryPolicy } from "../net/retry.ts";
import type { Auth } from "./auth.ts";
import type { DirectoryMapping } from "./directory-mapping.ts";
import type { EventRule, Poller } from "./event-rule.ts";
import type { Field, Param } from "./field.ts";
import type { InboundRule } from "./inbound-rule.ts";
import type { ErrorRules, HeaderRule, Operation } from "./operation.ts";
import type { Selector } from "./select.ts";

export type { Auth, CredentialField } from "./auth.ts";
export type { DirectoryChoice, DirectoryMapping, MappedField } from "./directory-mapping.ts";
export type { Beat, EventRule, EventSource, ForEach, Poller, Schedule } from "./event-rule.ts";
export type { Field, FieldType, Param } from "./field.ts";
export type { InboundRule, Place, SignatureRule, SignedPart } from "./inbound-rule.ts";
export type {
  Alias,
  BodyRule,
  ErrorRules,
  HeaderRule,
  Operation,
  OperationEffect,
  Part,
  QueryParam,
  ResponseRule,
} from "./operation.ts";
export type { PageLimit, Pagination } from "./pagination.ts";

/** The full internal model that `normalise` makes of a manifest, every default filled in. Durations are ms, sizes bytes. */
export interface Connector {
  handle: string;
  /** Other handles that callers may use for it. */
  aliases: string[];
  version: string;
  status: string;
  /** 0 = the seed form, which says nothing; 1 = this version. */
  manifestVersion: 0 | 1;
  meta: Meta;
  /** A text template; its placeholders are connection params. */
  baseURL: string;
  contentType: string;
  headers: HeaderRule[];
  /** Connection settings; `baseUrl` is always among them. */
  params: Param[];
  /** `default` is the default credential; without one the API is open and nothing is put in. */
  auths: Record<string, Auth>;
  /** Hosts that may receive credentials, beside the base URL's own. */
  allowedHosts: string[];
  timeoutMs: number;
  retry: RetryPolicy;
  rateLimits: RateLimit[];
  errors: ErrorRules;
  /** Response headers kept in `meta.upstream.headers`, lower-case; a trailing `*` matches a prefix. */
  capture: string[];
  /** Names never to log. */
  redact: string[];
  probe: Probe | null;
  /** How the provider's own webhooks come in; null when none do. */
  inbound: InboundRule | null;
  resources: Resource[];
  /** How it maps the models of the unified user directory. */
  directory: Partial<Record<DirectoryModel, DirectoryMapping>>;
  /** Where it was read from. */
  file: string;
}

export interface Meta {
  short: string;
  description: string;
  icon?: string;
  tags?: string[];
}

export interface Resource {
  handle: string;
  /** Handle of the resource above; null = none. */
  parent: string | null;
  meta: Meta;
  /** A text template below the base URL, such as `/messages/batches`. */
  endpoint: string;
  headers: HeaderRule[];
  auth: string;
  key: Selector;
  fields: Field[];
  operations: Record<string, Operation>;
  pollers: Record<string, Poller>;
  events: EventRule[];
  sample: Json | null;
}

/** A limit of the provider on requests of one account: told by headers of its answers (lower-case), or counted here. */
export type RateLimit = {
  /** The share of it that sweeps leave to callers. */
  reserve: number;
} & ({ headers: { limit: string; remaining: string; reset: string } } | { requests: number; perMs: number });

/** The call that proves a credential. */
export interface Probe {
  /** `resource.operation`. */
  operation: string;
  input: Record<string, Json>;
  /** Whose it is, in the answer or (`header:name`) in a header. */
  account: Selector | null;
  accountHeader: string | null;
}
