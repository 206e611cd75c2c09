import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import { invalidRequest } from "./api-error.ts";
import type { BatchRequest } from "./batch-state.ts";
import { refuseExtras } from "./body.ts";

const BATCH_MEMBERS = new Set(["requests"]);
const REQUEST_MEMBERS = new Set(["custom_id", "params"]);
const MAX_REQUESTS = 100_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/** The requests of a new batch. Only their outer form is checked at once; `params` are when the batch is worked on. Throws 400. */
export function parseBatchRequests(body: JsonObject): BatchRequest[] {
  refuseExtras(body, BATCH_MEMBERS);
  const { requests } = body;
  if (requests === undefined) throw invalidRequest("requests: Field required");
  if (!Array.isArray(requests)) throw invalidRequest("requests: Input should be a valid array");
  if (requests.length === 0) throw invalidRequest("requests: List should have at least 1 item after validation, not 0");
  if (requests.length > MAX_REQUESTS) {
    throw invalidRequest(
      `requests: List should have at most ${MAX_REQUESTS} items after validation, not ${requests.length}`,
    );
  }
  const seen = new Set<string>();
  return requests.map((request, i) => {
    const { custom_id, params } = checkRequest(request, `requests.${i}`);
    if (seen.has(custom_id))
      throw invalidRequest(`requests.${i}.custom_id: \`${custom_id}\` is not unique in this batch`);
    seen.add(custom_id);
    return { custom_id, params };
  });
}

function checkRequest(request: Json, at: string): BatchRequest {
  if (!isObject(request)) throw invalidRequest(`${at}: Input should be an object`);
  const { custom_id, params } = request as JsonObject;
  if (custom_id === undefined) throw invalidRequest(`${at}.custom_id: Field required`);
  if (typeof custom_id !== "string" || !CUSTOM_ID.test(custom_id)) {
    throw invalidRequest(`${at}.custom_id: String should match pattern '${CUSTOM_ID.source}'`);
  }
  if (!isObject(params))
    throw invalidRequest(`${at}.params: ${params === undefined ? "Field required" : "Input should be an object"}`);
  refuseExtras(request as JsonObject, REQUEST_MEMBERS, `${at}.`);
  return { custom_id, params: params as JsonObject };
}
