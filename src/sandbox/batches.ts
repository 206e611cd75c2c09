import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import { invalidRequest, notFoundError } from "./api-error.ts";
import { batchOutcome, resultLines } from "./batch-results.ts";
import { ARCHIVED_AFTER_MS, type BatchRecord, type BatchRequest, EXPIRES_AFTER_MS, endOf } from "./batch-state.ts";
import { readJson, refuseExtras } from "./body.ts";
import { Collection, listById } from "./collections.ts";
import { type Call, deleted, type Endpoint, json } from "./endpoint.ts";
import type { Holdings } from "./holdings.ts";
import type { Setting } from "./setting.ts";
import { textStream } from "./text-stream.ts";
import { apiTime, apiTimeOrNull } from "./world-clock.ts";

const BODY_CAP_BYTES = 256_000_000;
const MAX_REQUESTS = 100_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/** Message batches. No timer runs: where a batch stands follows from the clock whenever it is read. */
export class Batches {
  readonly #setting: Setting;
  readonly #holdings: Holdings;
  readonly #batchMs: number;
  readonly #all = new Collection<BatchRecord>();

  /** `batchMs` is how long a batch takes. */
  constructor(setting: Setting, holdings: Holdings, batchMs: number) {
    this.#setting = setting;
    this.#holdings = holdings;
    this.#batchMs = batchMs;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Stops work on a batch that has not ended. Throws 404 or 400. */
  hold(id: string): void {
    this.#open(id).hold = { releasedAt: null };
  }

  /** Work on a held batch begins now. Throws 404 or 400. */
  release(id: string): void {
    const batch = this.#open(id);
    if (batch.hold) batch.hold.releasedAt = this.#setting.clock.now();
  }

  /** POST /v1/messages/batches */
  readonly create: Endpoint = async (call) => {
    const body = await readJson(call.request, BODY_CAP_BYTES);
    const requests = checkRequests(body);
    const batch: BatchRecord = {
      id: this.#setting.newId("msgbatch"),
      createdAt: this.#setting.clock.now(),
      version: call.version,
      requests,
      cancelAt: null,
      hold: this.#setting.faults.holdBatches ? { releasedAt: null } : null,
      outcome: null,
    };
    this.#all.add(batch, batch.createdAt);
    return json(this.#show(batch, call));
  };

  /** GET /v1/messages/batches */
  readonly list: Endpoint = (call) =>
    json(
      listById(this.#all, {
        query: call.query,
        pageSize: this.#setting.pageSize,
        keep: () => true,
        show: (batch) => this.#show(batch, call),
        faults: call.faults,
      }),
    );

  /** GET /v1/messages/batches/{id} */
  readonly read: Endpoint = (call) => json(this.#show(this.#get(call.param("id")), call));

  /** POST …/{id}/cancel: a second time changes nothing; 400 once ended. */
  readonly cancel: Endpoint = (call) => {
    const batch = this.#open(call.param("id"));
    batch.cancelAt ??= this.#setting.clock.now();
    return json(this.#show(batch, call));
  };

  /** DELETE …/{id}: 400 before the end. */
  readonly remove: Endpoint = (call) => {
    const batch = this.#get(call.param("id"));
    if (!this.#hasEnded(batch)) {
      throw invalidRequest(`Message batch \`${batch.id}\` cannot be deleted while it is in progress; cancel it first.`);
    }
    this.#all.delete(batch.id);
    return deleted(batch.id, "message_batch_deleted");
  };

  /** GET …/{id}/results: JSON Lines, 404 before the end and once archived. */
  readonly results: Endpoint = ({ param }) => {
    const batch = this.#get(param("id"));
    if (!this.#hasEnded(batch)) throw notFoundError(`Results for message batch \`${batch.id}\` are not available yet.`);
    if (this.#isArchived(batch)) throw notFoundError(`Results for message batch \`${batch.id}\` have been archived.`);
    const lines = resultLines(batch, this.#outcome(batch));
    return { contentType: "application/x-jsonl", body: textStream(lines) };
  };

  #get(id: string): BatchRecord {
    const batch = this.#all.get(id);
    if (!batch) throw notFoundError(`Message batch \`${id}\` not found.`);
    return batch;
  }

  #open(id: string): BatchRecord {
    const batch = this.#get(id);
    if (this.#hasEnded(batch)) throw invalidRequest(`Message batch \`${id}\` has already ended.`);
    return batch;
  }

  #hasEnded(batch: BatchRecord): boolean {
    return batch.outcome !== null || endOf(batch, this.#batchMs).at <= this.#setting.clock.now();
  }

  #isArchived({ createdAt }: BatchRecord): boolean {
    return createdAt + ARCHIVED_AFTER_MS <= this.#setting.clock.now();
  }

  #outcome(batch: BatchRecord) {
    batch.outcome ??= batchOutcome(batch, endOf(batch, this.#batchMs), this.#holdings);
    return batch.outcome;
  }

  #show(batch: BatchRecord, { origin }: Call): Json {
    const ended = this.#hasEnded(batch);
    const counts = ended ? this.#outcome(batch).counts : { succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    return {
      id: batch.id,
      type: "message_batch",
      processing_status: ended ? "ended" : batch.cancelAt === null ? "in_progress" : "canceling",
      request_counts: { processing: ended ? 0 : batch.requests.length, ...counts },
      created_at: apiTime(batch.createdAt),
      expires_at: apiTime(batch.createdAt + EXPIRES_AFTER_MS),
      ended_at: ended ? apiTime(endOf(batch, this.#batchMs).at) : null,
      cancel_initiated_at: apiTimeOrNull(batch.cancelAt),
      archived_at: this.#isArchived(batch) ? apiTime(batch.createdAt + ARCHIVED_AFTER_MS) : null,
      results_url: ended ? `${origin}/v1/messages/batches/${batch.id}/results` : null,
    };
  }
}

/** Only the outer form is checked at once; `params` are checked when the batch is worked on. */
function checkRequests(body: JsonObject): BatchRequest[] {
  refuseExtras(body, new Set(["requests"]));
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

const REQUEST_MEMBERS = new Set(["custom_id", "params"]);

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
