import { engineDeps } from "../connections/engine-deps.ts";
import { tokenOf } from "../engine/credential.ts";
import { noAnswer } from "../engine/no-answer.ts";
import { TidewireError } from "../kernel/errors.ts";
import { Deadline } from "../net/deadline.ts";
import type { HttpRequest } from "../net/port.ts";
import type { Answered, Proxied } from "./proxy-answer.ts";
import type { ActionPorts } from "./run.ts";

type Body = NonNullable<HttpRequest["body"]>;

/** What requests that no operation names are counted as: their paths are the callers' own, and without end. */
const NO_OPERATION = "(none)";

/** Sends it once. The operation's time-out is the longest silence, on the way up as on the way down. */
export async function sendOnce(ports: ActionPorts, proxied: Proxied, body: Body | null): Promise<Answered> {
  const { upstream, clock } = ports;
  const { call, request } = proxied;
  const { timeoutMs } = call.operation;
  const deadline = new Deadline(clock, timeoutMs, call.signal);
  const failed = { call, request, attempts: 1, before: null };
  try {
    const { method, url, headers } = request;
    const sent = body === null ? {} : { body: watched(body, () => deadline.restart(timeoutMs)) };
    const purpose = { connector: call.connector.handle, operation: proxied.found?.operation.id ?? NO_OPERATION };
    const response = await upstream({ method, url: url.href, headers, purpose, ...sent }, deadline.signal);
    engineDeps(ports).onAnswer?.(call, response);
    if (response.status === 401) await renewToken(ports, proxied);
    return { ...failed, proxied, deadline, response };
  } catch (thrown) {
    deadline.close();
    throw asOurs(noAnswer(thrown, failed));
  }
}

/** Nothing is sent twice here, but the next call shall not meet the same refusal. */
async function renewToken(ports: ActionPorts, { call, token }: Proxied): Promise<void> {
  if (token === null) return;
  try {
    await tokenOf(engineDeps(ports), call, token);
  } catch (err) {
    ports.log.warn({ operation: call.operation.id, err }, "the provider refused a token, and there is no other");
  }
}

function watched(body: Body, onChunk: () => void): Body {
  return typeof body === "string" || body instanceof Uint8Array ? body : watchedChunks(body, onChunk);
}

async function* watchedChunks(chunks: AsyncIterable<Uint8Array>, onChunk: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}

/** An address that may not be called is our trouble here, not a mistake in the caller's request. */
function asOurs(error: unknown): unknown {
  if (!(error instanceof TidewireError) || error.code !== "invalid_upstream") return error;
  const { code, message, cause, upstream } = error;
  return new TidewireError(code, message, { status: 502, cause, ...(upstream && { upstream }) });
}
