import type { AttemptClass } from "../model/delivery.ts";
import type { HttpFailure } from "../net/port.ts";

/** What a final status (200 and up) means for its delivery: only 2xx is success; redirects are not followed, so they fail. */
export function classifyStatus(status: number): AttemptClass {
  if (status >= 200 && status < 300) return "ok";
  if (status >= 300 && status < 400) return "http_3xx";
  if (status >= 400 && status < 500) return "http_4xx";
  if (status >= 500 && status < 600) return "http_5xx";
  return "protocol";
}

/** What a request without an answer means for its delivery; null for one that we ourselves broke off, which says nothing. */
export function classifyFailure(failure: HttpFailure): AttemptClass | null {
  return failure.kind === "aborted" ? null : failure.kind;
}
