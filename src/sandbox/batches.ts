import type { Json } from "../kernel/json.ts";
import { invalidRequest, notFoundError } from "./api-error.ts";
import { parseBatchRequests } from "./batch-request.ts";
import { batchOutcome, batchUsage, resultLines } from "./batch-results.ts";
import { ARCHIVED_AFTER_MS, type BatchRecord, EXPIRES_AFTER_MS, endOf } from "./batch-state.ts";
import { readJson } from "./body.ts";
import { Collection } from "./collections.ts";
import { type Call, deleted, type Endpoint, json } from "./endpoint.ts";
import type { Holdings } from "./holdings.ts";
import type { UsageLedger } from "./organization/usage-ledger.ts";
import { listById } from "./paging.ts";
import type { Setting } from "./setting.ts";
import { cutOff, textStream } from "./text-stream.ts";
import { apiTime, apiTimeOrNull } from "./world-clock.ts";

const BODY_CAP_BYTES = 256_000_000;

/** Message batches. No timer runs: where a batch stands follows from the clock whenever it is read. */
export class Batches {
  readonly #setting: Setting;
  readonly #holdings: Holdings;
  readonly #batchMs: number;
  readonly #usage: UsageLedger;
  readonly #all = new Collection<BatchRecord>();

  /** `batchMs` is how long a batch takes; what its messages took is booked in `usage`. */
  constructor(setting: Setting, holdings: Holdings, batchMs: number, usage: UsageLedger) {
    this.#setting = setting;
    this.#holdings = holdings;
    this.#batchMs = batchMs;
    this.#usage = usage;
    usage.onRead(() => {
      for (const batch of this.#all.values()) if (this.#hasEnded(batch)) this.#book(batch);
    });
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
    const requests = parseBatchRequests(body);
    const batch: BatchRecord = {
      id: this.#setting.newId("msgbatch"),
      createdAt: this.#setting.clock.now(),
      version: call.version,
      requests,
      cancelAt: null,
      hold: this.#setting.faults.holdBatches ? { releasedAt: null } : null,
      outcome: null,
      isBooked: false,
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
    this.#book(batch);
    this.#all.delete(batch.id);
    return deleted(batch.id, "message_batch_deleted");
  };

  /** GET …/{id}/results: JSON Lines, 404 before the end and once archived. */
  readonly results: Endpoint = ({ param, faults, reset }) => {
    const batch = this.#get(param("id"));
    if (!this.#hasEnded(batch)) throw notFoundError(`Results for message batch \`${batch.id}\` are not available yet.`);
    if (this.#isArchived(batch)) throw notFoundError(`Results for message batch \`${batch.id}\` have been archived.`);
    const lines = cutOff(resultLines(batch, this.#outcome(batch)), faults.stream?.afterEvents, reset);
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

  /** Late, when a report is read or the batch goes: nobody else needs to know what it took. */
  #book(batch: BatchRecord): void {
    if (batch.isBooked) return;
    batch.isBooked = true;
    const { at } = endOf(batch, this.#batchMs);
    for (const { model, usage } of batchUsage(this.#outcome(batch))) this.#usage.record(model, usage, at);
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
