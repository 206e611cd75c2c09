import { TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import type { Operation } from "../manifest/connector.ts";
import { compilePredicate, type Predicate } from "../manifest/predicate.ts";
import { compileStrictSelector, type Selector } from "../manifest/select.ts";
import type { Deadline } from "../net/deadline.ts";
import type { HttpResponse } from "../net/port.ts";
import type { OperationCall } from "./call.ts";
import { type Failed, noAnswer, whatWasTried } from "./no-answer.ts";
import { oncePer } from "./once-per.ts";
import { providerError } from "./provider-error.ts";
import type { Exchange } from "./send.ts";

/** The largest answer that is read whole, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

/** An answer whose body is still to be read, of an operation's call or of another. */
export interface Unread extends Failed {
  call: Failed["call"] & { operation: Pick<Operation, "timeoutMs"> };
  deadline: Deadline;
  response: HttpResponse;
}

const failsIf = oncePer<Predicate, ReturnType<typeof compilePredicate>>();

/**
 * The text of a whole answer as JSON; null for an empty one with a status that says so (204, 205).
 * Throws `upstream_invalid` for what is not JSON, the provider's error where `failIf` matches.
 */
export function jsonOf(exchange: Exchange, text: string, now: number, read: (text: string) => Json = JSON.parse): Json {
  const { status } = exchange.response;
  if (text === "" && (status === 204 || status === 205)) return null;
  const value = parse(text, exchange, read);
  if (isFailure(exchange.call.operation, value, now)) throw saysItFailed(exchange, text);
  return value;
}

/** True for an answer that is an error whatever its status (`failIf`). */
export function isFailure({ errors: { failIf } }: Operation, answer: Json, now: number): boolean {
  return failIf !== null && failsIf(failIf, () => compilePredicate(failIf))(answer, now);
}

/** The whole answer as UTF-8. Throws `upstream_invalid` when it is larger than 32 MiB. */
export function readText(unread: Unread): Promise<string> {
  return readWhole(unread, unread.response.body.text(MAX_BYTES));
}

/** The whole answer as it is. Throws `upstream_invalid` when it is larger than 32 MiB. */
export function readBytes(unread: Unread): Promise<Uint8Array> {
  return readWhole(unread, unread.response.body.bytes(MAX_BYTES));
}

async function readWhole<T>(unread: Unread, body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch (thrown) {
    throw noAnswer(thrown, unread);
  } finally {
    unread.deadline.close();
  }
}

/**
 * The answer as it comes. The operation's deadline ended with the headers; from here the same time is the longest that the
 * provider may be silent. Whoever stops reading closes the connection.
 */
export async function* readChunks(unread: Unread): AsyncGenerator<Uint8Array> {
  const { deadline, call, response } = unread;
  try {
    deadline.restart(call.operation.timeoutMs);
    for await (const chunk of response.body) {
      deadline.pause(); // the reader may take its time
      yield chunk;
      deadline.restart(call.operation.timeoutMs);
    }
  } catch (thrown) {
    throw noAnswer(thrown, unread);
  } finally {
    deadline.close();
  }
}

const recordsAt = oncePer<Selector, ReturnType<typeof compileStrictSelector>>();

/**
 * The array of records in a list's answer. Throws `upstream_invalid` when there is none, or one of many is missing: that is never
 * "empty".
 */
export function recordsOf({ operation }: OperationCall, answer: Json): Json[] {
  const { records, rootArray } = operation.response;
  const found =
    rootArray && Array.isArray(answer)
      ? answer
      : records && recordsAt(records, () => compileStrictSelector(records))(answer);
  if (Array.isArray(found)) return found;
  const place = records && records.length > 0 ? `at "${records.join(".")}"` : "at its root";
  throw new TidewireError("upstream_invalid", `${operation.id}: the provider's answer has no list ${place}.`);
}

function parse(text: string, exchange: Exchange, read: (text: string) => Json): Json {
  const { status, headers } = exchange.response;
  try {
    return read(text);
  } catch (cause) {
    const type = headers["content-type"] ?? "no content type";
    throw new TidewireError(
      "upstream_invalid",
      `${exchange.call.operation.id}: the provider answered ${status} with what is not JSON (${type}).`,
      { cause, upstream: { status, ...whatWasTried(exchange) } },
    );
  }
}

function saysItFailed({ call, response, attempts }: Exchange, text: string): TidewireError {
  const { status, headers } = response;
  return providerError(call, { status, headers, text, attempts, retryAfterMs: null });
}
