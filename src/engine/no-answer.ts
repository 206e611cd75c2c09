import { TidewireError } from "../kernel/errors.ts";
import type { Connector, Operation } from "../manifest/connector.ts";
import type { Deadline } from "../net/deadline.ts";
import { HttpFailure, type HttpFailureKind } from "../net/port.ts";
import { redactUrl } from "../net/redact.ts";
import type { OperationCall } from "./call.ts";
import type { UpstreamRequest } from "./request.ts";

/** What is told of a call that failed. */
export interface Failed {
  call: Pick<OperationCall, "signal"> & { operation: Pick<Operation, "id">; connector: Pick<Connector, "redact"> };
  request: Pick<UpstreamRequest, "method" | "url">;
  attempts: number;
  /** What the try before came to, for the one who reads that time ran out. */
  before: string | null;
}

/** How far a call got. */
export interface Tried extends Failed {
  call: OperationCall;
  request: UpstreamRequest;
  deadline: Deadline;
}

const WHY: Record<HttpFailureKind, string> = {
  blocked: "its address may not be called",
  dns: "its name could not be resolved",
  connect: "no connection could be made",
  tls: "no secure connection could be made",
  timeout: "it did not answer in time",
  reset: "the connection broke off",
  protocol: "it did not speak HTTP",
  too_large: "its answer is too large",
  aborted: "the call was broken off",
};

/** The error for a call that got no answer, or only a part of one; what is not such a failure comes back as it is. */
export function noAnswer(thrown: unknown, tried: Failed): unknown {
  const { call, request, attempts, before } = tried;
  if (call.signal.aborted) return new TidewireError("aborted", `${call.operation.id}: the caller went away.`);
  if (!(thrown instanceof HttpFailure)) return thrown;
  const tries = attempts === 1 ? "1 try" : `${attempts} tries`;
  const history = before === null ? "" : ` The try before: ${before.replace(/\.$/, "")}.`;
  return new TidewireError(
    codeOf(thrown.kind),
    `${call.operation.id}: ${request.url.origin} failed after ${tries}: ${WHY[thrown.kind]}. ${thrown.message}${history}`,
    { upstream: { status: null, message: thrown.message, ...whatWasTried(tried) }, cause: thrown },
  );
}

/** The call as an error may tell it: its URL has no secret in it. */
export function whatWasTried({ call, request, attempts }: Failed) {
  return { attempts, method: request.method, url: redactUrl(request.url.href, call.connector.redact) };
}

function codeOf(
  kind: HttpFailureKind,
): "invalid_upstream" | "upstream_invalid" | "upstream_timeout" | "upstream_unreachable" {
  if (kind === "blocked") return "invalid_upstream";
  if (kind === "too_large") return "upstream_invalid";
  return kind === "timeout" ? "upstream_timeout" : "upstream_unreachable";
}
