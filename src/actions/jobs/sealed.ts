import type { Json } from "../../kernel/json.ts";
import type { Vault } from "../../kernel/vault.ts";
import type { StoredRun } from "../../model/async-run.ts";
import type { CallMeta } from "../../model/reply.ts";

/** What a run was asked to do, in the caller's own words. */
export interface RunRequest {
  /** A name or an alias. */
  operation: string;
  input: unknown;
  /** True when the input's values are texts that stand for their types. */
  text: boolean;
}

/** What came of it. */
export interface RunAnswer {
  value: Json;
  /** Of a list. */
  nextCursor?: string | null;
  meta?: CallMeta;
}

export function sealRequest(vault: Vault, runId: string, request: RunRequest): string {
  return vault.seal(JSON.stringify(request), `${runId} request`);
}

/** Null when the run holds none any more. Throws `vault_key_wrong`. */
export function openRequest(vault: Vault, { id, sealedRequest }: StoredRun): RunRequest | null {
  return sealedRequest === null ? null : (JSON.parse(vault.open(sealedRequest, `${id} request`)) as RunRequest);
}

export function sealAnswer(vault: Vault, runId: string, answer: RunAnswer): string {
  return vault.seal(JSON.stringify(answer), `${runId} answer`);
}

/** Null when there is none yet. Throws `vault_key_wrong`. */
export function openAnswer(vault: Vault, { id, sealedAnswer }: StoredRun): RunAnswer | null {
  return sealedAnswer === null ? null : (JSON.parse(vault.open(sealedAnswer, `${id} answer`)) as RunAnswer);
}
