import { TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import { compilePredicate, type Predicate } from "../manifest/predicate.ts";
import type { OperationCall } from "./call.ts";
import { noAnswer, whatWasTried } from "./no-answer.ts";
import { oncePer } from "./once-per.ts";
import { providerError } from "./provider-error.ts";
import { selectValue } from "./select.ts";
import type { Exchange } from "./send.ts";

/** The largest answer that is read whole, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

const failsIf = oncePer<Predicate, ReturnType<typeof compilePredicate>>();

/**
 * The whole answer as JSON; null for an empty one with a status that says so (204, 205).
 * Throws `upstream_invalid` for what is not JSON or larger than 32 MiB, the provider's error where `failIf` matches.
 */
export async function readJson(exchange: Exchange, now: number): Promise<Json> {
  const text = await readText(exchange);
  const { status } = exchange.response;
  if (text === "" && (status === 204 || status === 205)) return null;
  const value = parse(text, exchange);
  const { failIf } = exchange.call.operation.errors;
  if (failIf !== null && failsIf(failIf, () => compilePredicate(failIf))(value, now))
    throw saysItFailed(exchange, text);
  return value;
}

/** The whole answer as UTF-8. Throws `upstream_invalid` when it is larger than 32 MiB. */
export async function readText(exchange: Exchange): Promise<string> {
  try {
    return await exchange.response.body.text(MAX_BYTES);
  } catch (thrown) {
    throw noAnswer(thrown, exchange);
  } finally {
    exchange.deadline.close();
  }
}

/**
 * The answer as it comes. The operation's deadline ended with the headers; from here the same time is the longest that the
 * provider may be silent. Whoever stops reading closes the connection.
 */
export async function* readChunks(exchange: Exchange): AsyncGenerator<Uint8Array> {
  const { deadline, call, response } = exchange;
  try {
    deadline.restart(call.operation.timeoutMs);
    for await (const chunk of response.body) {
      deadline.pause(); // the reader may take its time
      yield chunk;
      deadline.restart(call.operation.timeoutMs);
    }
  } catch (thrown) {
    throw noAnswer(thrown, exchange);
  } finally {
    deadline.close();
  }
}

/** The array of records in a list's answer. Throws `upstream_invalid` when there is none: that is never "empty". */
export function recordsOf({ operation }: OperationCall, answer: Json): Json[] {
  const { records, rootArray } = operation.response;
  const found = rootArray && Array.isArray(answer) ? answer : records && selectValue(records, answer);
  if (Array.isArray(found)) return found;
  const place = records && records.length > 0 ? `at "${records.join(".")}"` : "at its root";
  throw new TidewireError("upstream_invalid", `${operation.id}: the provider's answer has no list ${place}.`);
}

function parse(text: string, exchange: Exchange): Json {
  const { status, headers } = exchange.response;
  try {
    return JSON.parse(text) as Json;
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
