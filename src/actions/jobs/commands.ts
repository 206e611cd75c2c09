import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../../command.ts";
import type { Context } from "../../context.ts";
import { NO_CONNECTION } from "../../events/fan-out.ts";
import { parseDuration } from "../../kernel/duration.ts";
import { notFound, TidewireError } from "../../kernel/errors.ts";
import type { JsonObject } from "../../kernel/json.ts";
import { clampLimit } from "../../kernel/page.ts";
import type { Operation } from "../../manifest/connector.ts";
import { findOperation } from "../../manifest/triggers.ts";
import { type Actor, hasScope, mayTouch, mayUseConnection, type Scope, visibleOwner } from "../../model/actor.ts";
import { isFinished, RUN_STATES, type StoredRun } from "../../model/async-run.ts";
import { RUN_SCHEMA, runView } from "../../model/run-view.ts";
import { keyedCall } from "./keyed-call.ts";
import { canCancel } from "./next-step.ts";
import { resultsOf } from "./results.ts";
import { openAnswer } from "./sealed.ts";
import { hasEnded, JOB_WITH_ANSWER_SCHEMA, runWithAnswer } from "./view.ts";
import { untilFinished } from "./wait.ts";

/** The scopes that operations and replays need, and so do those who look at them. */
const SCOPES: readonly Scope[] = ["actions:read", "actions:write", "subscriptions"];
/** Proxies on the way tend to cut what is silent for longer. */
const LONGEST_WAIT_MS = 60_000;

const byId = z.strictObject({ id: z.string() });

const list = command({
  name: "jobs.list",
  summary: "List operations and replays that run, or ran, without their caller waiting, newest first.",
  scope: null, // each job needs its operation's
  http: { method: "GET", path: "/v1/jobs" },
  input: z.strictObject({ state: z.enum(RUN_STATES).optional(), ...PAGE_INPUT }),
  output: RUN_SCHEMA,
  async run({ ports, actor }, { limit, ...filter }) {
    const scopes = SCOPES.filter((scope) => hasScope(actor, scope));
    if (scopes.length === 0) throw needsScope(SCOPES);
    const { connections } = actor;
    const owner = visibleOwner(actor);
    const page = await ports.store.runs.list({ ...filter, owner, connections, scopes, limit: clampLimit(limit) });
    return { kind: "list", value: page.items.map(runView), nextCursor: page.nextCursor };
  },
});

const get = command({
  name: "jobs.get",
  summary: "Read how far an asynchronous operation or a replay is; with `wait`, as soon as it has ended.",
  scope: null,
  http: { method: "GET", path: "/v1/jobs/:id" },
  input: z.strictObject({
    id: z.string(),
    wait: z.string().optional().describe("How long to wait for its end, such as 30s; 60s at most."),
  }),
  output: JOB_WITH_ANSWER_SCHEMA,
  async run(context, { id, wait }) {
    const { ports, signal } = context;
    const waitMs = Math.min(wait === undefined ? 0 : parseDuration(wait), LONGEST_WAIT_MS);
    const run = await mustGet(context, id);
    if (isFinished(run) || waitMs === 0) return { kind: "value", value: shown(context, run) };
    await untilFinished(ports, id, waitMs, signal);
    return { kind: "value", value: shown(context, await mustGet(context, id)) };
  },
});

const results = command({
  name: "jobs.results",
  summary: "Download the results of an asynchronous operation that has ended, from the provider.",
  scope: null,
  http: { method: "GET", path: "/v1/jobs/:id/results" },
  input: byId,
  output: { description: "One result a row; see the connector's operation." },
  async run(context, { id }) {
    const { ports, actor, signal } = context;
    const run = await mustGet(context, id);
    const operation = operationOf(context, run);
    if ((operation?.async?.results ?? null) === null) {
      throw new TidewireError("not_found", `"${run.operation}" has no results beside its answer; see the job itself.`);
    }
    if (!hasEnded(run)) throw new TidewireError("conflict", notEnded(run));
    return resultsOf(ports, await keyedCall(ports, actor, run, "results", signal));
  },
});

const cancel = command({
  name: "jobs.cancel",
  summary:
    "Cancel an asynchronous operation or a replay: one that waits is not begun, one that the provider works on is cancelled there, a replay makes nothing more due.",
  scope: null,
  http: { method: "POST", path: "/v1/jobs/:id/cancel" },
  input: byId,
  output: JOB_WITH_ANSWER_SCHEMA,
  async run(context, { id }) {
    await mustGet(context, id);
    const run = await context.ports.store.runs.cancel(id, context.ports.clock.now());
    if (!run) throw notFound("job", id);
    const operation = operationOf(context, run);
    if (run.replay === null && run.state === "running" && !(operation && canCancel(operation)))
      throw cannotBeUnsent(run);
    return { kind: "value", value: shown(context, run) };
  },
});

function shown(context: Context, run: StoredRun): JsonObject {
  const hasResults = (operationOf(context, run)?.async?.results ?? null) !== null;
  return runWithAnswer(run, openAnswer(context.ports.vault, run), hasResults);
}

/** Null when the manifest lost it. */
function operationOf({ ports }: Context, { connector, operation }: StoredRun): Operation | null {
  const its = ports.connectors.find(({ handle }) => handle === connector);
  return (its && findOperation(its, operation)?.operation) ?? null;
}

/** Another's job, or one of a connection that the key may not use, is not there; one of a scope that it lacks is forbidden. */
async function mustGet({ ports, actor }: Context, id: string): Promise<StoredRun> {
  const run = await ports.store.runs.get(id);
  if (!run || !mayTouch(actor, run.owner) || !maySeeRun(actor, run)) throw notFound("job", id);
  if (!hasScope(actor, run.scope)) throw needsScope([run.scope]);
  return run;
}

/** A replay may be of no connection. */
function maySeeRun(actor: Actor, { connectionId }: StoredRun): boolean {
  return connectionId === NO_CONNECTION || mayUseConnection(actor, connectionId);
}

function needsScope(scopes: readonly Scope[]): TidewireError {
  return new TidewireError("forbidden", `This needs a key with the scope ${scopes.map((s) => `"${s}"`).join(" or ")}.`);
}

function notEnded({ id, state }: StoredRun): string {
  return `The job "${id}" is ${state}: it has no results${state === "failed" ? "" : " yet"}.`;
}

function cannotBeUnsent({ id, operation }: StoredRun): TidewireError {
  return new TidewireError(
    "conflict",
    `The call of "${operation}" has been sent and cannot be taken back; "${id}" will tell what came of it.`,
  );
}

export const commands: Command[] = [list, get, results, cancel];
