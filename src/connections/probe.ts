import { execute } from "../engine/execute.ts";
import { selectValue } from "../engine/select.ts";
import { TidewireError } from "../kernel/errors.ts";
import { type Json, textOf } from "../kernel/json.ts";
import type { Connector, Probe } from "../manifest/connector.ts";
import { findOperation } from "../manifest/triggers.ts";
import type { Account } from "../model/connection.ts";
import type { Reply } from "../model/reply.ts";
import { type EnginePorts, engineDeps } from "./engine-deps.ts";
import { hasFields } from "./holds.ts";

const REFUSED: readonly (number | null)[] = [401, 403];

/**
 * Proves an account's credentials by the manifest's probes and tells whose they are: null when the provider does not say, or when
 * the manifest has no probe. Throws `credential_rejected` when the provider refuses one; other failures pass through as they
 * are, but those of a further credential, without which the account can be used: they say nothing against it.
 */
export async function probeAccount(
  ports: EnginePorts,
  connector: Connector,
  account: Account,
  signal: AbortSignal,
): Promise<string | null> {
  const { probe } = connector;
  const reply = probe && (await answerTo(ports, connector, account, probe, signal));
  for (const auth of Object.values(connector.auths)) {
    const { probe: operation } = auth;
    if (operation === null || !hasFields(auth, (field) => field in account.credentials)) continue;
    await answerTo(ports, connector, account, { operation, input: {} }, signal).catch((error: unknown) => {
      const isNoRefusal = error instanceof TidewireError && error.code !== "credential_rejected";
      if (!isNoRefusal || signal.aborted) throw error;
      ports.log.warn({ connection: account.name, operation, code: error.code }, "a credential could not be proved");
    });
  }
  return probe && reply && accountName(probe, reply);
}

async function answerTo(
  ports: EnginePorts,
  connector: Connector,
  account: Account,
  { operation: id, input }: Pick<Probe, "operation" | "input">,
  signal: AbortSignal,
): Promise<Reply | null> {
  const target = findOperation(connector, id);
  if (target === null) return null;
  try {
    return await execute(engineDeps(ports), { connector, ...target, input, account, fields: "raw", signal });
  } catch (error) {
    throw asRejection(error, account.name);
  }
}

function accountName(probe: Probe, reply: Reply): string | null {
  const header = probe.accountHeader === null ? undefined : reply.meta?.upstream?.headers[probe.accountHeader];
  if (header !== undefined) return header;
  const value: Json | undefined = reply.kind === "value" || reply.kind === "list" ? reply.value : undefined;
  const found = probe.account !== null && value !== undefined ? selectValue(probe.account, value) : undefined;
  return found === undefined || found === null ? null : textOf(found);
}

function asRejection(error: unknown, name: string): unknown {
  if (!(error instanceof TidewireError)) return error;
  if (error.code !== "needs_reauth" && !REFUSED.includes(error.upstream?.status ?? null)) return error;
  const { message, type, status } = error.upstream ?? {};
  const answered = status ? `it answered ${[status, type].filter(Boolean).join(" ")}` : error.message;
  const said = (message ?? answered).replace(/\.$/, "");
  return new TidewireError(
    "credential_rejected",
    `The provider refused the credentials of the connection "${name}": ${said}. Give others, or skip the check with ?probe=false.`,
    { upstream: error.upstream, cause: error },
  );
}
