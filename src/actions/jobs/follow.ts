import type { OperationCall } from "../../engine/call.ts";
import { present, selectValue } from "../../engine/select.ts";
import { formatDuration } from "../../kernel/duration.ts";
import { TidewireError } from "../../kernel/errors.ts";
import { textOf } from "../../kernel/json.ts";
import { problemOf } from "../../kernel/problem.ts";
import type { AsyncRule } from "../../manifest/async-rule.ts";
import type { Reply } from "../../model/reply.ts";
import type { ToldEvent } from "../../store/acts.ts";
import { fail, finish, goOn, type RunInHand } from "./in-hand.ts";
import { isOverdue, nextRead, verdictOf } from "./judge.ts";
import { sealAnswer } from "./sealed.ts";

/**
 * Stores what the provider's record says of something that is awaited, and ends the run or plans the next look at it. `call` is
 * the one that gave the record.
 */
export async function follow(
  hand: RunInHand,
  rule: AsyncRule,
  call: OperationCall,
  reply: Extract<Reply, { kind: "value" }>,
  told: ToldEvent[] = [],
): Promise<void> {
  const { ports, run } = hand;
  const record = reply.value;
  const now = ports.clock.now();
  const key = selectValue(call.resource.key, record) ?? run.recordKey;
  const answer = { value: present({ ...call, fields: run.fields }, record), meta: reply.meta };
  const known = {
    phase: "await",
    sealedRequest: null,
    recordKey: key === null ? null : textOf(key),
    answeredAt: run.answeredAt ?? now,
    progress: rule.progress === null ? null : (selectValue(rule.progress, record) ?? null),
    sealedAnswer: sealAnswer(ports.vault, run.id, answer),
    failures: 0,
    missing: 0,
  } as const;
  const verdict = verdictOf(rule, record);
  if (verdict !== "waiting" && run.cancel === "accepted") return finish(hand, "cancelled", known, told);
  if (verdict === "done") return finish(hand, "succeeded", known, told);
  if (verdict === "failed")
    return finish(hand, "failed", { ...known, error: problemOf(saysItFailed(call, rule)) }, told);
  if (known.recordKey === null) return finish(hand, "failed", { ...known, error: problemOf(hasNoKey(call)) }, told);
  if (isOverdue(rule, known.answeredAt, now)) return fail(hand, tookTooLong(call, rule), known);
  await goOn(hand, known, nextRead(rule, known.answeredAt, now), told);
}

function saysItFailed({ operation }: OperationCall, { field }: AsyncRule): TidewireError {
  return new TidewireError(
    "upstream_error",
    `${operation.id}: the provider says that it failed ("${field.join(".")}").`,
  );
}

function hasNoKey({ operation, resource }: OperationCall): TidewireError {
  const place = resource.key.join(".");
  return new TidewireError(
    "upstream_invalid",
    `${operation.id}: the provider's answer has no "${place}" by which its end could be awaited.`,
  );
}

function tookTooLong({ operation }: OperationCall, { withinMs }: AsyncRule): TidewireError {
  return new TidewireError(
    "upstream_timeout",
    `${operation.id}: it had not ended after ${formatDuration(withinMs)}; it may still go on at the provider.`,
  );
}
