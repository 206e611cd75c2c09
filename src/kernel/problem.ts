import type { TidewireError } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** An error as the members of problem details (RFC 9457), with the stable `code` that callers switch on; its cause stays inside. */
export function problemOf(error: TidewireError): JsonObject {
  return {
    type: `https://tidewire.dev/errors/${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    errors: error.errors.map((mistake) => ({ ...mistake })),
    ...error.members,
    ...(error.upstream ? { upstream: { ...error.upstream } } : {}),
  };
}
