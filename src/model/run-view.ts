import { isoTime } from "../kernel/clock.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import { type AsyncRun, RUN_STATES } from "./async-run.ts";
import { REPLAY_STATUSES, type Replay } from "./replay.ts";

/** Where a job is looked at. */
export function runPath({ id }: Pick<AsyncRun, "id">): string {
  return `/v1/jobs/${id}`;
}

/** A job as callers see it, without its answer. */
export function runView(run: AsyncRun): JsonObject {
  return {
    id: run.id,
    connector: run.connector,
    operation: run.operation,
    connection: run.connection,
    state: run.state,
    cancel_requested: run.cancel !== null,
    progress: run.replay === null ? run.progress : progressView(run.replay),
    ...(run.replay === null ? {} : { replay: requestView(run.replay) }),
    ...(run.error === null ? {} : { error: run.error }),
    created_at: isoTime(run.createdAt),
    updated_at: isoTime(run.updatedAt),
    finished_at: run.finishedAt === null ? null : isoTime(run.finishedAt),
  };
}

function progressView({ step, total, done, capped, dryRun }: Replay): JsonObject {
  return { done, total: step === "count" && !dryRun ? null : total, capped };
}

function requestView({ subscriptionId, statuses, types, since, until, limit, rate, dryRun }: Replay): JsonObject {
  return {
    subscription: subscriptionId,
    status: [...statuses],
    types: types && [...types],
    since: since === null ? null : isoTime(since),
    until: isoTime(until),
    limit,
    rate,
    dry_run: dryRun,
  };
}

const TIME: JsonSchema = { type: "string", format: "date-time" };

export const RUN_PROPERTIES: JsonObject = {
  id: { type: "string" },
  connector: { type: "string", description: "Its handle; `tidewire` for a replay." },
  operation: { type: "string" },
  connection: { type: "string" },
  state: { type: "string", enum: [...RUN_STATES] },
  cancel_requested: { type: "boolean" },
  progress: {
    description:
      "What the provider tells of how far it is; null when it tells nothing. Of a replay: how many are `done` of the `total` (null until they are counted), and `capped` when there were more than its limit.",
  },
  replay: {
    type: "object",
    description: "Of a replay: what it sends again.",
    properties: {
      subscription: { type: "string" },
      status: { type: "array", items: { type: "string", enum: [...REPLAY_STATUSES] } },
      types: { type: ["array", "null"], items: { type: "string" } },
      since: { type: ["string", "null"], format: "date-time" },
      until: TIME,
      limit: { type: "integer" },
      rate: { type: "integer", description: "Deliveries made due in a second." },
      dry_run: { type: "boolean" },
    },
  },
  error: { type: "object", description: "Why it failed: problem details, with a stable `code`." },
  created_at: TIME,
  updated_at: TIME,
  finished_at: { type: ["string", "null"], format: "date-time" },
};

export const RUN_SCHEMA: JsonSchema = { type: "object", properties: RUN_PROPERTIES };
