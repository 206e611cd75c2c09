import { createHash } from "node:crypto";
import type { Ports } from "../context.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { IdempotencyRecord } from "../model/idempotency.ts";

/** An answer as it was given, to be given again. */
export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What makes two writes the same (CONTRACT: scoped to key, method and path). */
export interface WriteIdentity {
  keyId: string;
  method: string;
  /** With its query. */
  path: string;
  idempotencyKey: string;
  /** The raw body, as text. */
  body: string;
}

const KEPT_MS = 24 * 3_600_000;
const RETRY_WHILE_RUNNING_MS = 1_000;
const sha256 = (...parts: string[]) => createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/**
 * Runs a write once per idempotency key: the same body gets the same answer again for 24 h. What `run` gives as `unkept` (a
 * stream) is passed on and not remembered. Throws `idempotency_mismatch`, `idempotency_in_progress`, or `outcome_unknown` when
 * the process died in the middle: the write is never run a second time. `run` gives its errors as answers; it does not throw.
 */
export async function onceOnly<T>(
  ports: Pick<Ports, "store" | "vault" | "clock" | "bootId">,
  write: WriteIdentity,
  run: () => Promise<StoredAnswer | { unkept: T }>,
): Promise<StoredAnswer | { unkept: T }> {
  const id = sha256(write.keyId, write.method, write.path, write.idempotencyKey);
  const now = ports.clock.now();
  const record: IdempotencyRecord = {
    id,
    bodyHash: sha256(write.body),
    state: "running",
    boot: ports.bootId,
    sealedAnswer: null,
    createdAt: now,
  };
  const earlier = await ports.store.idempotency.begin(record, now - KEPT_MS);
  if (earlier) return answerOf(ports, record, earlier);
  const answer = await run();
  if ("unkept" in answer) await ports.store.idempotency.forget(id);
  else await ports.store.idempotency.finish(id, ports.vault.seal(JSON.stringify(answer), id));
  return answer;
}

function answerOf(
  ports: Pick<Ports, "vault" | "bootId">,
  asked: IdempotencyRecord,
  earlier: IdempotencyRecord,
): StoredAnswer {
  if (earlier.bodyHash !== asked.bodyHash) {
    throw new TidewireError("idempotency_mismatch", "Use a new Idempotency-Key for another body.");
  }
  if (earlier.sealedAnswer !== null)
    return JSON.parse(ports.vault.open(earlier.sealedAnswer, earlier.id)) as StoredAnswer;
  if (earlier.boot === ports.bootId) {
    throw new TidewireError("idempotency_in_progress", "Ask again in a moment; the first request has not ended yet.", {
      retryAfterMs: RETRY_WHILE_RUNNING_MS,
    });
  }
  throw new TidewireError(
    "outcome_unknown",
    "The server stopped while the first request was under way. Look whether it took effect, then use a new Idempotency-Key.",
  );
}
