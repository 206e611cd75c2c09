import { z } from "zod";
import type { Worker } from "../../jobs/contract.ts";
import { TidewireError } from "../../kernel/errors.ts";
import { operationsOf } from "../../manifest/triggers.ts";
import { isFinished } from "../../model/async-run.ts";
import { type FoundOperation, operationOf } from "../find.ts";
import type { ActionPorts } from "../run.ts";
import { fail, type RunInHand } from "./in-hand.ts";
import { makeCall } from "./make-call.ts";
import { nextStep } from "./next-step.ts";
import { passCancel } from "./pass-cancel.ts";
import { readAgain } from "./read-again.ts";

/** Calls may take minutes, and mostly wait. */
const CONCURRENCY = 64;
/** Of one connection, so that a provider's limits are not run into by our own doing. */
const OF_A_CONNECTION = 8;
/** Beyond the longest call, for what is done before and after it. */
const LEASE_MARGIN_MS = 60_000;

/** The worker of the queue `run`: each time it takes an asynchronous run one step further. */
export function createRunWorker(ports: ActionPorts): Worker {
  const timeouts = ports.connectors.flatMap(operationsOf).map(({ operation }) => operation.timeoutMs);
  return {
    concurrency: CONCURRENCY,
    leaseMs: Math.max(0, ...timeouts) + LEASE_MARGIN_MS,
    limit: () => ({ maxInFlight: OF_A_CONNECTION, holdUntil: null }),
    async run(lease, signal) {
      const run = await ports.store.runs.get(z.string().parse(lease.payload));
      if (run === null || isFinished(run)) return void (await ports.store.jobs.finish(lease, null));
      await takeStep({ ports, run, lease, signal });
    },
  };
}

async function takeStep(hand: RunInHand): Promise<void> {
  const found = find(hand);
  if (found instanceof TidewireError) return fail(hand, found);
  const { operation } = found;
  const step = nextStep(hand.run, operation);
  if (step === "call") return makeCall(hand);
  if (step === "lost") return fail(hand, outcomeUnknown());
  if (operation.async === null) return fail(hand, notAwaited(operation.id));
  return step === "cancel" ? passCancel(hand, operation.async) : readAgain(hand, operation.async);
}

function find({ ports, run }: RunInHand): FoundOperation | TidewireError {
  try {
    return operationOf(ports.connectors, run.connector, run.operation);
  } catch (thrown) {
    if (thrown instanceof TidewireError) return thrown;
    throw thrown;
  }
}

function outcomeUnknown(): TidewireError {
  return new TidewireError(
    "outcome_unknown",
    "The server stopped while the call was under way. Look whether it took effect before you make it again.",
  );
}

function notAwaited(id: string): TidewireError {
  return new TidewireError("unsupported", `The manifest does not say any more how the end of ${id} is awaited.`);
}
