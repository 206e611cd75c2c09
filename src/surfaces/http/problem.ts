import type { TidewireError } from "../../kernel/errors.ts";
import type { JsonObject } from "../../kernel/json.ts";
import { problemOf } from "../../kernel/problem.ts";

/** An error as RFC 9457 problem details, with the stable `code` that callers switch on. */
export interface Problem {
  status: number;
  headers: Record<string, string>;
  body: JsonObject;
}

/** The answer to an error; its cause stays inside. */
export function toProblem(error: TidewireError, requestId: string): Problem {
  const body: JsonObject = { ...problemOf(error), request_id: requestId };
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "x-content-type-options": "nosniff",
    "x-request-id": requestId,
  };
  if (error.retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfterMs / 1_000));
  if (error.allow !== undefined) headers.allow = error.allow.join(", ");
  if (error.code === "unauthorized") headers["www-authenticate"] = 'Bearer realm="tidewire"';
  return { status: error.status, headers, body };
}
