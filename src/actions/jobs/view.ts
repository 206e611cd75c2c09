import type { Json, JsonObject, JsonSchema } from "../../kernel/json.ts";
import { type AsyncRun, isFinished } from "../../model/async-run.ts";
import type { Replay } from "../../model/replay.ts";
import { RUN_PROPERTIES, runPath, runView } from "../../model/run-view.ts";
import type { RunAnswer } from "./sealed.ts";

/** A job with its answer: while something is awaited, the provider's record as it was last read; of a replay what came of it, once it is over. */
export function runWithAnswer(run: AsyncRun, answer: RunAnswer | null, hasResults: boolean): JsonObject {
  return {
    ...runView(run),
    ...(run.replay === null ? {} : { result: isFinished(run) ? replayResult(run.replay) : null }),
    ...(answer === null ? {} : { result: answer.value }),
    ...(answer?.nextCursor === undefined ? {} : { next_cursor: answer.nextCursor }),
    ...(answer?.meta === undefined ? {} : { meta: answer.meta as Json }),
    ...(hasResults && hasEnded(run) ? { results: `${runPath(run)}/results` } : {}),
  };
}

function replayResult({ done, capped }: Replay): JsonObject {
  return { replayed: done, capped };
}

/** True when what the run began at the provider is over, so that its results can be had. */
export function hasEnded(run: AsyncRun): boolean {
  return isFinished(run) && run.state !== "failed" && run.recordKey !== null;
}

export const JOB_WITH_ANSWER_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    ...RUN_PROPERTIES,
    result: {
      description:
        "The operation's answer; while its end is awaited, the provider's record as last read. Of a replay that is over: how many were `replayed`, and `capped` when there were more than its limit; null before.",
    },
    next_cursor: { type: ["string", "null"], description: "Of a list." },
    meta: { type: "object", description: "Of the call that gave the result." },
    results: { type: "string", description: "Where the results of what has ended can be had, as JSON Lines." },
  },
};
