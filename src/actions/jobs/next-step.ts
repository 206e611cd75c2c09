import type { Operation } from "../../manifest/connector.ts";
import type { AsyncRun } from "../../model/async-run.ts";

/**
 * What is to be done for a run that is due. `lost`: its call was begun by a worker that died, and must not be made again.
 */
type Step = "call" | "lost" | "cancel" | "read";

/** True when making a call twice does no harm. */
export function isRepeatable({ idempotent, kind }: Pick<Operation, "idempotent" | "kind">): boolean {
  return idempotent || kind === "query";
}

export function nextStep(
  run: Pick<AsyncRun, "phase" | "underWay" | "cancel">,
  operation: Pick<Operation, "idempotent" | "kind" | "async">,
): Step {
  if (run.phase === "call") return run.underWay === null || isRepeatable(operation) ? "call" : "lost";
  return run.cancel === "asked" && canCancel(operation) ? "cancel" : "read";
}

/** True when the provider can be asked to end what the operation began. */
export function canCancel(operation: Pick<Operation, "async">): boolean {
  return (operation.async?.cancel ?? null) !== null;
}
