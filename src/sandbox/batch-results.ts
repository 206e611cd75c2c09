import type { Json, JsonObject } from "../kernel/json.ts";
import { composeMessage } from "./answer.ts";
import { ApiError, asApiError, invalidRequest } from "./api-error.ts";
import type { BatchEnd, BatchOutcome, BatchRecord } from "./batch-state.ts";
import type { Holdings } from "./holdings.ts";
import { derivedId } from "./identifiers.ts";
import type { Usage } from "./message.ts";
import { type MessageRequest, parseMessageRequest } from "./message-request.ts";
import type { ModelRecord } from "./model-catalogue.ts";

const NOT_IN_BATCHES = ["speed", "store", "previous_thread_event_id", "cache_hint", "context_hint"];

/** What became of each request of a batch that ended; those whose params are not good are errors. */
export function batchOutcome({ requests, version }: BatchRecord, end: BatchEnd, holdings: Holdings): BatchOutcome {
  const processed = requests.slice(0, end.processed).map(({ params }): MessageRequest | ApiError => {
    try {
      refuseInBatch(params);
      return parseMessageRequest(params, version, holdings, "create");
    } catch (thrown) {
      return asApiError(thrown);
    }
  });
  const errored = processed.filter((request) => request instanceof ApiError).length;
  const counts = { succeeded: processed.length - errored, errored, canceled: 0, expired: 0 };
  counts[end.rest] = requests.length - processed.length;
  return { counts, processed, rest: end.rest };
}

/** What each message of a batch took. */
export function* batchUsage({ processed }: BatchOutcome): Generator<{ model: ModelRecord; usage: Usage }> {
  for (const request of processed) {
    if (request instanceof ApiError) continue;
    yield { model: request.model, usage: composeMessage(request, "", () => "", "batch").usage };
  }
}

function refuseInBatch(params: JsonObject): void {
  if (params.stream === true) throw invalidRequest("stream: Streaming is not supported in message batches");
  if (params.max_tokens === 0) throw invalidRequest("max_tokens: Input should be greater than or equal to 1");
  const name = NOT_IN_BATCHES.find((member) => params[member] !== undefined);
  if (name !== undefined) throw invalidRequest(`${name}: Extra inputs are not permitted in message batches`);
}

/** One line of JSON per request. The last comes first: the API promises no order, so nobody should rely on one. */
export function* resultLines({ id, requests }: BatchRecord, { processed, rest }: BatchOutcome): Generator<string> {
  for (const [i, { custom_id }] of [...requests.entries()].reverse()) {
    const result = resultOf(processed[i], rest, `${id}/${custom_id}`);
    yield `${JSON.stringify({ custom_id, result })}\n`;
  }
}

/** Ids come from `name`, so that each download names the same messages. */
function resultOf(request: MessageRequest | ApiError | undefined, rest: BatchOutcome["rest"], name: string): Json {
  if (request === undefined) return { type: rest };
  if (request instanceof ApiError) return { type: "errored", error: request.envelope(null) };
  const message = composeMessage(request, derivedId("msg", name), () => derivedId("toolu", name), "batch");
  return { type: "succeeded", message };
}
