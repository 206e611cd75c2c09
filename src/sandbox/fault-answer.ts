import { ApiError, type ApiErrorType, notFoundError } from "./api-error.ts";
import type { Answer } from "./endpoint.ts";
import type { Fault, FaultRule } from "./fault-rules.ts";

/** Thrown where the connection is to break without an answer. */
export class ConnectionReset extends Error {
  constructor() {
    super("The sandbox reset the connection.");
    this.name = "ConnectionReset";
  }
}

/** What a fault answers in place of the endpoint. Throws the API's error, or `ConnectionReset`. */
export function answerFault(rule: FaultRule): Answer {
  if (rule.kind === "reset") throw new ConnectionReset();
  if (rule.kind === "html") return page(rule.status ?? 502, rule.headers ?? {});
  const error = errorOf(rule);
  throw new ApiError(error.status, error.type, error.message, {
    ...(error.code !== undefined && { code: error.code }),
    headers: { ...error.headers, ...rule.headers },
  });
}

function errorOf(fault: Fault): ApiError {
  switch (fault.kind) {
    case "not_found":
      return notFoundError();
    case "rate_limited":
      return rateLimited(fault.retryAfter);
    case "spend_limit":
      // A spend cap carries no retry-after: it fails until the next month.
      return new ApiError(429, "rate_limit_error", "You have reached your API usage limits.", {
        code: "enforced_spend_limit_reached",
      });
    case "overloaded":
      return new ApiError(529, "overloaded_error", "Overloaded");
    case "status":
      return new ApiError(
        fault.status,
        (fault.type ?? typeOf(fault.status)) as ApiErrorType,
        fault.message ?? "Error",
        {
          ...(fault.code !== undefined && { code: fault.code }),
        },
      );
    default:
      return new ApiError(500, "api_error", "Internal server error");
  }
}

/** 429 `rate_limit_error`, with `retry-after` in seconds when given. */
export function rateLimited(retryAfterSeconds?: number): ApiError {
  const headers: Record<string, string> = {};
  if (retryAfterSeconds !== undefined) headers["retry-after"] = String(retryAfterSeconds);
  const message = "This request would exceed your organization's rate limit. Please try again later.";
  return new ApiError(429, "rate_limit_error", message, { headers });
}

const TYPE_OF_STATUS: Record<number, ApiErrorType> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

function typeOf(status: number): ApiErrorType {
  return TYPE_OF_STATUS[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
}

function page(status: number, headers: Record<string, string>): Answer {
  const body = `<!DOCTYPE html><html><head><title>${status}</title></head><body><h1>${status} Bad gateway</h1></body></html>`;
  return { status, contentType: "text/html; charset=utf-8", body, headers };
}
