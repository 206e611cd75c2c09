import { messageOf } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";

/** `error.type` of the API's envelope (SDK `ErrorType`). */
export type ApiErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "billing_error"
  | "permission_error"
  | "not_found_error"
  | "conflict_error"
  | "request_too_large"
  | "rate_limit_error"
  | "api_error"
  | "timeout_error"
  | "overloaded_error";

export interface ApiErrorExtras {
  /** Becomes `error.details.error_code`. */
  code?: string;
  headers?: Record<string, string>;
}

/** An error as the API itself answers it; the gate turns it into the envelope. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: ApiErrorType;
  readonly code: string | undefined;
  readonly headers: Record<string, string>;

  constructor(status: number, type: ApiErrorType, message: string, extras: ApiErrorExtras = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.type = type;
    this.code = extras.code;
    this.headers = extras.headers ?? {};
  }

  /** `{type:"error", error:{type, message, details?}, request_id}`; a batch result's request id is null. */
  envelope(requestId: string | null): JsonObject {
    const error: JsonObject = { type: this.type, message: this.message };
    if (this.code !== undefined) error.details = { error_code: this.code };
    return { type: "error", error, request_id: requestId };
  }
}

/** 400 `invalid_request_error`. */
export function invalidRequest(message: string, code?: string): ApiError {
  return new ApiError(400, "invalid_request_error", message, code === undefined ? {} : { code });
}

/** 404 `not_found_error`. */
export function notFoundError(message = "The requested resource could not be found.", code?: string): ApiError {
  return new ApiError(404, "not_found_error", message, code === undefined ? {} : { code });
}

/** 413 `request_too_large` for a body of more than `capBytes`. */
export function tooLarge(capBytes: number): ApiError {
  return new ApiError(413, "request_too_large", `Request exceeds the maximum size of ${capBytes} bytes.`);
}

/** The API's own error, or the 500 that anything else is. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError(500, "api_error", `Internal server error: ${messageOf(thrown)}`);
}
