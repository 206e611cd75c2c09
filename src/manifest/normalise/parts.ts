import { parseDuration } from "../../kernel/duration.ts";
import type { RetryPolicy } from "../../net/retry.ts";
import type { ErrorRules, Field, HeaderRule, Meta, Param } from "../connector.ts";
import type {
  ErrorRulesSource,
  FieldSource,
  HeadersSource,
  MetaSource,
  ParamSource,
  PayloadFieldSource,
  RetrySource,
} from "../schema/parts.ts";

/** The official SDK's: ten minutes for one call. */
export const DEFAULT_TIMEOUT = "10m";

/** The official SDK's policy (`@anthropic-ai/sdk`): two more tries, 0.5 s doubling to 8 s, up to a quarter less. */
const DEFAULT_RETRY: RetryPolicy = {
  max: 2,
  statuses: [408, 409, 429, "5xx"],
  networkErrors: true,
  baseMs: 500,
  capMs: 8_000,
  jitter: 0.25,
  afterHeaders: ["retry-after-ms", "retry-after"],
  vetoHeader: "x-should-retry",
};

/** The commonest envelope: `{"error": {"type", "message"}, "request_id"}`. */
const DEFAULT_ERRORS: ErrorRules = {
  type: ["error", "type"],
  message: ["error", "message"],
  requestId: ["request_id"],
  requestIdHeader: "request-id",
  failIf: null,
  final: null,
  notFound: [404],
  codes: {},
};

export function normaliseMeta(meta: MetaSource | undefined, name: string): Meta {
  const short = meta?.short ?? name;
  return { ...meta, short, description: meta?.description ?? short };
}

export function normaliseParam(param: ParamSource): Param {
  return { ...param, required: param.required ?? false, description: param.description ?? "" };
}

/** A method among `methods` of the innermost layer that names any is sent again; any other is not (`max` 0). */
export function retryPolicy(layers: (RetrySource | undefined)[], method?: string): RetryPolicy {
  const said: RetrySource = Object.assign({}, ...layers);
  const { methods, base, cap, ...rest } = said;
  const policy: RetryPolicy = {
    ...DEFAULT_RETRY,
    ...rest,
    ...(base === undefined ? {} : { baseMs: parseDuration(base) }),
    ...(cap === undefined ? {} : { capMs: parseDuration(cap) }),
  };
  const excluded = method !== undefined && methods !== undefined && !methods.includes(method);
  return excluded ? { ...policy, max: 0 } : policy;
}

/** Later layers win, member by member; of `map`, status by status. */
export function errorRules(layers: (ErrorRulesSource | undefined)[]): ErrorRules {
  const said: ErrorRulesSource = Object.assign({}, ...layers);
  const envelope = Object.assign({}, ...layers.map((layer) => layer?.envelope)) as NonNullable<
    ErrorRulesSource["envelope"]
  >;
  return {
    type: envelope.type ?? DEFAULT_ERRORS.type,
    message: envelope.message ?? DEFAULT_ERRORS.message,
    requestId: envelope.requestId ?? DEFAULT_ERRORS.requestId,
    requestIdHeader: (said.requestIdHeader ?? DEFAULT_ERRORS.requestIdHeader)?.toLowerCase() ?? null,
    failIf: said.failIf ?? DEFAULT_ERRORS.failIf,
    final: said.final ?? DEFAULT_ERRORS.final,
    notFound: said.notFound ?? DEFAULT_ERRORS.notFound,
    codes: Object.fromEntries(layers.flatMap((layer) => layer?.map ?? []).map(({ status, code }) => [status, code])),
  };
}

export function headerRules(headers: HeadersSource = {}): HeaderRule[] {
  return Object.entries(headers).map(([name, { value, merge, omitIfEmpty }]) => ({
    name: name.toLowerCase(),
    value,
    merge: merge ?? "replace",
    omitIfEmpty: omitIfEmpty ?? false,
  }));
}

/** A field of a record, or of an event's payload. */
export function normaliseField(field: FieldSource | PayloadFieldSource): Field {
  const { meta, cases } = { cases: undefined, ...field };
  return {
    name: field.name,
    type: field.type,
    selector: field.selector ?? [field.name],
    cases: cases?.map(({ when, value }) => ({ when: when ?? null, value })) ?? null,
    alternatives: field.alternatives ?? [],
    primary: field.primary ?? false,
    nullable: field.nullable ?? false,
    volatile: field.volatile ?? false,
    link: field.link ?? false,
    scale: field.scale ?? 0,
    fields: field.fields?.map(normaliseField) ?? null,
    ...(field.enum === undefined ? {} : { enum: field.enum }),
    ...(field.items === undefined ? {} : { items: field.items }),
    description: meta?.description ?? meta?.short ?? "",
  };
}
