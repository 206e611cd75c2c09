import type { JsonObject } from "./json.ts";

/** Every code a user can meet, with the HTTP status it answers and its title. The list is closed: callers may switch on it. */
export const ERROR_CODES = {
  invalid_input: [400, "The input is not valid"],
  invalid_json: [400, "The body is not valid JSON"],
  invalid_cursor: [400, "The cursor is not one of ours"],
  invalid_target: [400, "The target URL may not be called"],
  invalid_upstream: [400, "The upstream URL may not be called"],
  connection_required: [400, "Name the connection to use"],
  credential_missing: [400, "The connection lacks a credential"],
  credential_rejected: [400, "The provider refused the credential"],
  needs_reauth: [400, "The connection must be authorized again"],
  unauthorized: [401, "A valid key is needed"],
  signature_invalid: [401, "The signature does not hold"],
  forbidden: [403, "The key lacks the scope"],
  not_found: [404, "There is no such thing"],
  method_not_allowed: [405, "The method is not allowed here"],
  conflict: [409, "It conflicts with what is there"],
  cursor_expired: [410, "What followed the cursor is gone"],
  idempotency_mismatch: [409, "The idempotency key was used with another body"],
  idempotency_in_progress: [409, "The first request with this idempotency key is still running"],
  outcome_unknown: [409, "The outcome of the first request is unknown"],
  sweep_running: [409, "Another sweep is running"],
  payload_too_large: [413, "The body is too large"],
  unsupported_media_type: [415, "The content type is not supported"],
  verification_failed: [422, "The URL did not answer the ping"],
  rate_limited: [429, "Too many requests"],
  aborted: [499, "The caller went away"],
  internal: [500, "Something went wrong on our side"],
  unsupported: [501, "The API cannot do this"],
  upstream_error: [502, "The provider answered with an error"],
  upstream_unauthorized: [502, "The provider refused the connection's credential"],
  upstream_unreachable: [502, "The provider could not be reached"],
  upstream_invalid: [502, "The provider's answer could not be understood"],
  unavailable: [503, "Not ready"],
  database_full: [503, "The disk of the database is full"],
  database_busy: [503, "Another process writes to the database"],
  database_unwritable: [503, "The database cannot be written"],
  upstream_timeout: [504, "The provider did not answer in time"],
  manifest_invalid: [500, "The manifest has mistakes"],
  config_invalid: [500, "The configuration has mistakes"],
  database_damaged: [500, "The database file is damaged"],
  database_locked: [500, "Another process holds the database"],
  database_newer: [500, "The database was made by a newer version"],
  vault_key_wrong: [500, "The vault key does not open this database"],
  port_taken: [500, "The port is taken"],
  node_too_old: [500, "Node.js is too old"],
  server_unreachable: [500, "The server could not be reached"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One mistake among several: where it is (a field, a JSON pointer or `file:line:column`) and how to mend it. */
export interface Mistake {
  at: string;
  message: string;
  code?: string;
}

/** What the provider itself said when a call to it failed. */
export interface UpstreamFailure {
  status: number | null;
  type?: string;
  message?: string;
  request_id?: string;
  /** How many times the call was sent. */
  attempts?: number;
  method?: string;
  url?: string;
}

export interface ErrorExtras {
  /** Overrides the code's own HTTP status, for upstream statuses that are passed on. */
  status?: number;
  errors?: Mistake[];
  upstream?: UpstreamFailure;
  retryAfterMs?: number;
  /** Further members of the problem details (RFC 9457, section 3.2). */
  members?: JsonObject;
  /** The methods that a `method_not_allowed` path takes. */
  allow?: readonly string[];
  cause?: unknown;
}

/** The one error class: `code` is stable, `message` says in plain words what went wrong and how to mend it. */
export class TidewireError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly errors: Mistake[];
  readonly upstream: UpstreamFailure | undefined;
  readonly retryAfterMs: number | undefined;
  readonly members: JsonObject;
  readonly allow: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = "TidewireError";
    this.code = code;
    this.status = extras.status ?? ERROR_CODES[code][0];
    this.errors = extras.errors ?? [];
    this.upstream = extras.upstream;
    this.retryAfterMs = extras.retryAfterMs;
    this.members = extras.members ?? {};
    this.allow = extras.allow;
  }

  get title(): string {
    return ERROR_CODES[this.code][1];
  }
}

/** Mistakes that are told at once: a megabyte of input can hold half a million, and to guess at what was meant takes time. */
export const MOST_MISTAKES = 100;

/** `invalid_input` with one mistake per field, the first hundred: nothing has been sent or stored. */
export function invalidInput(mistakes: readonly Mistake[]): TidewireError {
  const errors = mistakes.slice(0, MOST_MISTAKES);
  const told = errors.map((e) => `${e.at}: ${e.message}`);
  const left = mistakes.length - errors.length;
  return new TidewireError("invalid_input", [...told, ...(left > 0 ? [`and ${left} more`] : [])].join("; "), {
    errors,
  });
}

/** `not_found` for a kind of thing and its id; also used for things that belong to another. */
export function notFound(kind: string, id: string): TidewireError {
  return new TidewireError("not_found", `There is no ${kind} "${id}" here.`);
}

/** Anything thrown as a TidewireError; what was not one is our own mistake, and its message stays in `cause`. */
export function asError(thrown: unknown): TidewireError {
  if (thrown instanceof TidewireError) return thrown;
  return new TidewireError("internal", "It failed on our side; the log has the cause under the request id.", {
    cause: thrown,
  });
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
