import { sleep } from "../kernel/clock.ts";
import { parseJson } from "../kernel/json.ts";
import { compilePredicate, type Predicate } from "../manifest/predicate.ts";
import { Deadline } from "../net/deadline.ts";
import { HttpFailure, type HttpResponse } from "../net/port.ts";
import { parseRetryAfter, retryDelay } from "../net/retry.ts";
import type { EngineDeps, OperationCall } from "./call.ts";
import { noAnswer, type Tried } from "./no-answer.ts";
import { oncePer } from "./once-per.ts";
import { providerError } from "./provider-error.ts";
import type { UpstreamRequest } from "./request.ts";

/** An answer whose body has not been read yet. Whoever reads it closes `deadline`. */
export interface Exchange extends Tried {
  response: HttpResponse;
}

type Outcome = HttpResponse | HttpFailure;

/**
 * Sends a request until it is answered well, within the operation's one deadline over all tries.
 * Throws the provider's error (`upstream_error`, `upstream_unauthorized`) or that there was no answer
 * (`upstream_unreachable`, `upstream_timeout`, `invalid_upstream`, `aborted`).
 */
export async function send(deps: EngineDeps, call: OperationCall, request: UpstreamRequest): Promise<Exchange> {
  const deadline = new Deadline(deps.clock, call.operation.timeoutMs, call.signal);
  const tried: Tried = { call, request, deadline, attempts: 0, before: null };
  try {
    const response = await tryUntilAnswered(deps, tried);
    return { ...tried, response };
  } catch (thrown) {
    deadline.close();
    throw noAnswer(thrown, tried);
  }
}

async function tryUntilAnswered(deps: EngineDeps, tried: Tried): Promise<HttpResponse> {
  const { operation } = tried.call;
  const endsAt = deps.clock.now() + operation.timeoutMs;
  for (;;) {
    tried.attempts += 1;
    const outcome = await sendOnce(deps, tried);
    if (!(outcome instanceof HttpFailure) && isGood(outcome)) return outcome;
    const delayMs = tried.deadline.signal.aborted ? null : delayOf(deps, tried, outcome);
    // A wait that outlasts the deadline would only hide what the provider said.
    if (delayMs === null || deps.clock.now() + delayMs >= endsAt) throw await finalError(deps, tried, outcome);
    if (!(outcome instanceof HttpFailure)) await letGo(deps, tried, outcome);
    tried.before = nameOf(outcome);
    deps.log.debug(
      { operation: operation.id, attempt: tried.attempts, outcome: tried.before, delayMs },
      "upstream call is tried again",
    );
    await sleep(deps.clock, delayMs, tried.deadline.signal);
  }
}

async function sendOnce({ http, onAnswer }: EngineDeps, { call, request, deadline }: Tried): Promise<Outcome> {
  const { method, url, headers, body } = request;
  const purpose = { connector: call.connector.handle, operation: call.operation.id };
  try {
    const sent = { method, url: url.href, headers, purpose, ...(body && { body: body.open() }) };
    const answer = await http(sent, deadline.signal);
    onAnswer?.(call, answer);
    return answer;
  } catch (thrown) {
    if (thrown instanceof HttpFailure) return thrown;
    throw thrown;
  }
}

function isGood({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}

function delayOf({ clock, random }: EngineDeps, { call, attempts }: Tried, outcome: Outcome): number | null {
  const { retry, idempotent } = call.operation;
  return retryDelay(retry, attempts - 1, outcome, { idempotent, random: random(), now: clock.now() });
}

/** The most that is read of an error's body, in bytes. */
const MAX_ERROR_BYTES = 256 * 1024;

async function finalError(deps: EngineDeps, tried: Tried, outcome: Outcome): Promise<Error> {
  return outcome instanceof HttpFailure ? outcome : errorOf(deps, tried, outcome, await errorText(outcome));
}

function errorOf({ clock }: EngineDeps, { call, attempts }: Tried, answer: HttpResponse, text: string): Error {
  const { status, headers } = answer;
  const retryAfterMs = parseRetryAfter(headers, clock.now());
  return providerError(call, { status, headers, text, attempts, retryAfterMs });
}

const checkOf = oncePer<Predicate, ReturnType<typeof compilePredicate>>();

/** Lets go of an answer before the next try. Throws the provider's error where its body says that there is no use in one. */
async function letGo(deps: EngineDeps, tried: Tried, answer: HttpResponse): Promise<void> {
  const { final } = tried.call.operation.errors;
  if (final === null) return answer.body.discard();
  const text = await errorText(answer);
  const isFinal = checkOf(final, () => compilePredicate(final));
  if (isFinal(parseJson(text) ?? null, deps.clock.now())) throw errorOf(deps, tried, answer, text);
}

/** The body of an error; empty where it cannot be had, since the status alone must still be told. */
async function errorText({ body }: HttpResponse): Promise<string> {
  try {
    return await body.text(MAX_ERROR_BYTES);
  } catch (thrown) {
    if (thrown instanceof HttpFailure && thrown.kind !== "aborted") return "";
    throw thrown;
  }
}

function nameOf(outcome: Outcome): string {
  return outcome instanceof HttpFailure ? outcome.message : `status ${outcome.status}`;
}
