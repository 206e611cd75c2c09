import { engineDeps } from "../../connections/engine-deps.ts";
import type { OperationCall } from "../../engine/call.ts";
import { execute } from "../../engine/execute.ts";
import { sleep } from "../../kernel/clock.ts";
import { TidewireError } from "../../kernel/errors.ts";
import type { Reply } from "../../model/reply.ts";
import type { ActionPorts } from "../run.ts";
import { saysMissing } from "./judge.ts";

/** Waits before the results are asked for again when the provider has none (ms). */
const WAITS_MS = [1_000, 3_000];

/**
 * The results of what has ended. Right after the end a provider may not have them yet (Claude's answer 404 then:
 * anthropics/anthropic-sdk-python issue 1432), so that answer counts only when it comes again. Throws what the engine throws.
 */
export async function resultsOf(ports: ActionPorts, call: OperationCall): Promise<Reply> {
  for (const waitMs of WAITS_MS) {
    try {
      return await execute(engineDeps(ports), call);
    } catch (thrown) {
      if (!(thrown instanceof TidewireError) || !saysMissing(thrown, call.operation)) throw thrown;
      await sleep(ports.clock, waitMs, call.signal);
    }
  }
  return execute(engineDeps(ports), call);
}
