import type { ErrorCode } from "../kernel/errors.ts";
import type { Json, JsonObject, JsonSchema } from "../kernel/json.ts";
import type { Surface } from "../model/surface.ts";
import type { RetryPolicy } from "../net/retry.ts";
import type { AssembleRule } from "./assembly.ts";
import type { AsyncRule } from "./async-rule.ts";
import type { Param } from "./field.ts";
import type { Pagination } from "./pagination.ts";
import type { Predicate } from "./predicate.ts";
import type { Selector } from "./select.ts";

/** `value` is a text template over params and inputs. */
export interface HeaderRule {
  name: string;
  value: string;
  merge: "replace" | "append-comma";
  omitIfEmpty: boolean;
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
  /** The surfaces that offer it; pollers, probes and the like use it in any case. */
  expose: readonly Surface[];
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
  /** A refusal whose body matches would come again, whatever its status: it is not tried again. */
  final: Predicate | null;
  /** The statuses that prove that a thing is not there. */
  notFound: number[];
  /** Our code for an error of that status, where it is not the usual one. */
  codes: Record<number, ErrorCode>;
}
