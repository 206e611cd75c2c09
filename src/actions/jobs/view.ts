import { isoTime } from "../../kernel/clock.ts";
import type { Json, JsonObject, JsonSchema } from "../../kernel/json.ts";
import { type AsyncRun, isFinished, RUN_STATES } from "../../model/async-run.ts";
import type { RunAnswer } from "./sealed.ts";

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
    progress: run.progress,
    ...(run.error === null ? {} : { error: run.error }),
    created_at: isoTime(run.createdAt),
    updated_at: isoTime(run.updatedAt),
    finished_at: run.finishedAt === null ? null : isoTime(run.finishedAt),
  };
}

/** A job with its answer: while something is awaited, the provider's record as it was last read. */
export function runWithAnswer(run: AsyncRun, answer: RunAnswer | null, hasResults: boolean): JsonObject {
  return {
    ...runView(run),
    ...(answer === null ? {} : { result: answer.value }),
    ...(answer?.nextCursor === undefined ? {} : { next_cursor: answer.nextCursor }),
    ...(answer?.meta === undefined ? {} : { meta: answer.meta as Json }),
    ...(hasResults && hasEnded(run) ? { results: `${runPath(run)}/results` } : {}),
  };
}

/** True when what the run began at the provider is over, so that its results can be had. */
export function hasEnded(run: AsyncRun): boolean {
  return isFinished(run) && run.state !== "failed" && run.recordKey !== null;
}

const TIME: JsonSchema = { type: "string", format: "date-time" };

const PROPERTIES: JsonSchema = {
  id: { type: "string" },
  connector: { type: "string" },
  operation: { type: "string" },
  connection: { type: "string" },
  state: { type: "string", enum: [...RUN_STATES] },
  cancel_requested: { type: "boolean" },
  progress: { description: "What the provider tells of how far it is; null when it tells nothing." },
  error: { type: "object", description: "Why it failed: problem details, with a stable `code`." },
  created_at: TIME,
  updated_at: TIME,
  finished_at: { type: ["string", "null"], format: "date-time" },
};

export const JOB_SCHEMA: JsonSchema = { type: "object", properties: PROPERTIES };

export const JOB_WITH_ANSWER_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    ...PROPERTIES,
    result: { description: "The operation's answer; while its end is awaited, the provider's record as last read." },
    next_cursor: { type: ["string", "null"], description: "Of a list." },
    meta: { type: "object", description: "Of the call that gave the result." },
    results: { type: "string", description: "Where the results of what has ended can be had, as JSON Lines." },
  },
};
