import type { Json, JsonObject, JsonSchema } from "../kernel/json.ts";
import type { DirectoryModel, DirectoryVerb } from "../model/directory.ts";
import type { RetryPolicy } from "../net/retry.ts";
import type { AssembleRule } from "./assembly.ts";
import type { AsyncRule } from "./async-rule.ts";
import type { Auth } from "./auth.ts";
import type { Pagination } from "./pagination.ts";
import type { Predicate } from "./predicate.ts";
import type { Selector } from "./select.ts";

export type { Auth, CredentialField } from "./auth.ts";
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
  errors: ErrorRules;
  /** Response headers kept in `meta.upstream.headers`, lower-case; a trailing `*` matches a prefix. */
  capture: string[];
  /** Names never to log. */
  redact: string[];
  probe: Probe | null;
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

/** `value` is a text template over params and inputs. */
export interface HeaderRule {
  name: string;
  value: string;
  merge: "replace" | "append-comma";
  omitIfEmpty: boolean;
}

export type FieldType =
  | "String"
  | "Integer"
  | "Number"
  | "Decimal"
  | "Boolean"
  | "DateTime"
  | "Array"
  | "Object"
  | "Json"
  | "Binary";

/** The value of a payload field when `when` holds; null always does. */
interface Case {
  when: Predicate | null;
  value: Json;
}

/** An input of an operation or a setting of a connection. */
export interface Param {
  name: string;
  type: FieldType;
  required: boolean;
  default?: Json;
  enum?: Json[];
  min?: number;
  max?: number;
  pattern?: string;
  format?: string;
  /** Type of the members of an Array. */
  items?: FieldType;
  description: string;
  /** `resource.operation` that lists the choices. */
  options?: string;
}

export interface Field {
  name: string;
  type: FieldType;
  /** Unused when there are `cases`. */
  selector: Selector;
  /** In a payload: the first case that holds gives the value, in place of a selector. See `payload.ts`. */
  cases: Case[] | null;
  /** Other selectors to try, in order. */
  alternatives: Selector[];
  primary: boolean;
  nullable: boolean;
  volatile: boolean;
  /** Holds a URL under the base URL, which the proxy rewrites. */
  link: boolean;
  /** Of a Decimal: its value is the provider's times ten to this power (-2: cents become the currency's unit). */
  scale: number;
  /** Of an Object, or of an Array of them: the fields of it that are selected; null leaves it as it is. */
  fields: Field[] | null;
  enum?: Json[];
  items?: FieldType;
  description: string;
}

export interface Resource {
  handle: string;
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

type OperationKind = "query" | "action";
export type OperationEffect = "create" | "update" | "delete" | "cancel" | "archive" | "none";

export interface Operation {
  /** `files.upload`: unique within the connector. */
  id: string;
  name: string;
  description: string;
  method: string;
  /** A text template below the resource's endpoint; each substituted value is percent-encoded. */
  path: string;
  kind: OperationKind;
  effect: OperationEffect;
  confirm: boolean;
  /** True when sending it twice does no harm, so that it may be retried blindly. */
  idempotent: boolean;
  /** Everything a caller may give: path, query, header and body placeholders and `input[]`, each once. */
  inputs: Param[];
  query: QueryParam[];
  body: BodyRule | null;
  headers: HeaderRule[];
  response: ResponseRule;
  pagination: Pagination;
  /** How the end of what it begins is awaited; null when its answer is the end. */
  async: AsyncRule | null;
  auth: string;
  timeoutMs: number;
  retry: RetryPolicy;
  errors: ErrorRules;
  deprecated: string | null;
  /** When set, the API cannot do this: running it answers `unsupported` with this text. */
  unsupported: string | null;
  aliases: Alias[];
  /** An answer as the API gives it. */
  sample: Json | null;
  /** null: the answer is a record of the resource (a list's: many), of which its fields are selected; else the answer (one row of it) is given as it came, and this is its schema. */
  output: JsonSchema | null;
}

export interface Alias {
  name: string;
  /**
   * Another argument shape: our input name → its value, in which `{"$param": "query.limit"}` stands for what the caller gives
   * there; under `*`, an object whose members are inputs.
   */
  input: JsonObject | null;
}

/** `value` is a whole-string hole (`{{limit}}`, typed) or a text template. */
export interface QueryParam {
  name: string;
  value: string;
  array: "repeat" | "brackets" | "comma" | "json";
  omitIfEmpty: boolean;
}

export type BodyRule =
  /** The seed's text template, parsed once into a tree with typed holes. */
  | { encoding: "json"; form: "template"; template: string; passthrough: false }
  /** `{"$param": "name"}` stands for a typed value; `passthrough` sends the caller's whole input on beneath it. */
  | { encoding: "json"; form: "tree"; value: Json; passthrough: boolean }
  | { encoding: "multipart"; parts: Part[]; maxBytes: number }
  /** `application/x-www-form-urlencoded`; `array` says how lists are written, and `brackets` nests objects too. */
  | { encoding: "form"; form: "tree"; value: Json; passthrough: boolean; array: QueryParam["array"] }
  /** The file that the input `param` holds is the whole body. */
  | { encoding: "binary"; param: string; maxBytes: number }
  /** A text template. */
  | { encoding: "text"; template: string; contentType: string };

/** One multipart part; `param` names the input. A Binary Array gives one part a file. */
export interface Part {
  name: string;
  param: string;
}

export interface ResponseRule {
  type: "json" | "jsonl" | "sse" | "binary" | "text" | "none";
  /** Where the array of records stands in a list's answer; null when the operation does not list. */
  records: Selector | null;
  /** True when an answer that is itself an array is accepted in place of `records` (the seed form, which names neither). */
  rootArray: boolean;
  /** True for an operation that streams SSE when its input `stream` is true. */
  stream: boolean;
  /** How the events of a stream make up the record; null when a stream makes none. */
  assemble: AssembleRule | null;
}

export interface ErrorRules {
  type: Selector;
  message: Selector;
  requestId: Selector;
  requestIdHeader: string | null;
  /** A 200 that matches is an error. */
  failIf: Predicate | null;
  /** The statuses that prove that a thing is not there. */
  notFound: number[];
}

/** The call that proves a credential. */
export interface Probe {
  /** `resource.operation`. */
  operation: string;
  input: Record<string, Json>;
  /** Whose it is, in the answer or (`header:name`) in a header. */
  account: Selector | null;
  accountHeader: string | null;
}

export interface Poller {
  name: string;
  /** Name of a list operation of the same resource. */
  operation: string;
  input: Record<string, Json>;
  schedule: { everyMs: number } | { cron: string; timezone: string };
  mode: "snapshot" | "head";
  /** In `head` mode: which records may still change, and the operation that reads one of them again. */
  track: { open: Predicate; operation: string } | null;
  /** In `head` mode: how often every page is fetched all the same. */
  fullSweepEveryMs: number;
  fingerprint: string[] | null;
  first: "baseline";
  absent: { polls: number; confirm: string | null; maxFraction: number; notFound: number[] };
  maxPages: number;
}

export interface EventRule {
  /** `files.created`. */
  type: string;
  description: string;
  path: string;
  /** Compile it with `payload.ts`, which knows `cases`. */
  payload: Field[];
  source: EventSource;
  /** A payload as it would be sent; null when the manifest has no sample of the record. */
  sample: Json | null;
}

export type EventSource =
  | { type: "poll"; poller: string; on: { change: "added" | "changed" | "removed" } }
  | { type: "poll"; poller: string; on: { becomes: Predicate; once: boolean; unseen: "emit" | "ignore" } }
  | { type: "action"; operation: string }
  | { type: "inbound" };

/** How operations and records of an API map on one model of the unified user directory (`model/directory.ts`). */
export interface DirectoryMapping {
  fields: MappedField[];
  /** The records themselves, whole, where the API has fixed ones; else null. */
  records: JsonObject[] | null;
  /** For each verb its choices, of which the first whose `when` holds of the request is taken. */
  verbs: Partial<Record<DirectoryVerb, DirectoryChoice[]>>;
}

/** Where a unified field stands in the API's own record. */
export interface MappedField extends Field {
  /** Texts that are joined by a space, in place of a selector. */
  join: Selector[] | null;
  /** The API's value (as text) → ours. */
  values: Record<string, string> | null;
}

/** `input`: `{"$param": "email"}` stands for what the request says. `reread`: the answer is not the record, `get` reads that. */
export type DirectoryChoice =
  | { when: Predicate | null; operation: string; input: Record<string, Json>; reread: boolean }
  | { when: Predicate | null; unsupported: string };
