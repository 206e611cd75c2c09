import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import { isWithheld } from "../connections/withheld.ts";
import type { Context } from "../context.ts";
import { notFound, TidewireError } from "../kernel/errors.ts";
import { clampLimit } from "../kernel/page.ts";
import { mayUseConnection } from "../model/actor.ts";
import { dueNow, type StoredPoller } from "../model/poller.ts";
import type { Reply } from "../model/reply.ts";
import type { PollCommit } from "../store/acts.ts";
import { dismissHeld, releaseHeld } from "./held.ts";
import { sweepNow } from "./sweeps.ts";
import {
  heldView,
  OUTCOME_SCHEMA,
  outcomeView,
  POLLER_DETAIL_SCHEMA,
  POLLER_SCHEMA,
  pollerView,
  sweepView,
} from "./view.ts";

/** Lines of history, and held items, that `get` shows. */
const SHOWN = 20;
/** A sweep commits often while it runs: a change of its poller is tried again this many times. */
const TRIES = 20;

const byId = z.strictObject({ id: z.string() });

const list = command({
  name: "pollers.list",
  summary: "List the pollers, how they are and when they run next.",
  scope: "connections",
  http: { method: "GET", path: "/v1/pollers" },
  input: z.strictObject({
    connection: z.string().optional().describe("Name or id of a connection."),
    ...PAGE_INPUT,
  }),
  output: POLLER_SCHEMA,
  async run({ ports, actor }, { connection, limit, cursor }) {
    const connections = await ports.store.connections.all();
    const known = new Map(connections.map((one) => [one.id, one]));
    const of = connections.filter(({ id, name }) => connection === id || connection === name).map(({ id }) => id);
    const visible = connection === undefined ? actor.connections : of.filter((id) => mayUseConnection(actor, id));
    const page = await ports.store.pollers.list({ limit: clampLimit(limit), cursor, connections: visible });
    return {
      kind: "list",
      value: page.items
        .map((poller) => ({ poller, of: known.get(poller.connectionId) }))
        .filter(({ poller, of }) => !isWithheld(ports.connectors, poller, of))
        .map(({ poller, of }) => pollerView(poller, of?.name ?? "")),
      nextCursor: page.nextCursor,
    };
  },
});

const get = command({
  name: "pollers.get",
  summary: "Read a poller with its last sweeps and the items it holds.",
  scope: "connections",
  http: { method: "GET", path: "/v1/pollers/:id" },
  input: byId,
  output: POLLER_DETAIL_SCHEMA,
  async run(context, { id }) {
    const { pollers } = context.ports.store;
    const poller = await mustGet(context, id);
    const [sweeps, held] = await Promise.all([pollers.sweeps(id, SHOWN), pollers.heldItems(id, SHOWN)]);
    const shown = await shownPoller(context, poller);
    return { kind: "value", value: { ...shown, sweeps: sweeps.map(sweepView), held_items: held.map(heldView) } };
  },
});

const run = command({
  name: "pollers.run",
  summary: "Sweep now, whatever the poller's state, and say what was found.",
  scope: "connections",
  http: { method: "POST", path: "/v1/pollers/:id/run" },
  input: byId,
  output: OUTCOME_SCHEMA,
  async run(context, { id }) {
    await mustGet(context, id);
    return { kind: "value", value: outcomeView(await sweepNow(context.ports, id)) };
  },
});

const pause = command({
  name: "pollers.pause",
  summary: "Stop a poller; it keeps what it knows.",
  scope: "connections",
  http: { method: "POST", path: "/v1/pollers/:id/pause" },
  input: byId,
  output: POLLER_SCHEMA,
  run: (context, { id }) => change(context, id, () => ({ patch: { state: "paused" } })),
});

const resume = command({
  name: "pollers.resume",
  summary: "Let a paused poller go on from what it knows; it sweeps at once.",
  scope: "connections",
  http: { method: "POST", path: "/v1/pollers/:id/resume" },
  input: byId,
  output: POLLER_SCHEMA,
  run: (context, { id }) =>
    change(context, id, () => ({ patch: { state: "active", ...dueNow(context.ports.clock.now()) } })),
});

const reset = command({
  name: "pollers.reset",
  summary: "Forget what a poller knows: its next complete sweep is a new baseline, of which nothing is told.",
  scope: "connections",
  http: { method: "POST", path: "/v1/pollers/:id/reset" },
  input: byId,
  output: POLLER_SCHEMA,
  run: (context, { id }) =>
    change(context, id, ({ generation }) => ({
      clearItems: true,
      patch: {
        generation: generation + 1,
        pagesPrint: null,
        baselinedAt: null,
        items: 0,
        held: 0,
        consecutiveFailures: 0,
        lastError: null,
        ...dueNow(context.ports.clock.now()),
      },
    })),
});

const release = command({
  name: "pollers.release",
  summary: "Tell the removals that a guard holds back: they are real.",
  scope: "connections",
  http: { method: "POST", path: "/v1/pollers/:id/release" },
  input: byId,
  output: POLLER_SCHEMA,
  run: (context, { id }) => settle(context, id, releaseHeld),
});

const dismiss = command({
  name: "pollers.dismiss",
  summary: "Let the removals that a guard holds back go untold; if the items come back, that is not told either.",
  scope: "connections",
  http: { method: "POST", path: "/v1/pollers/:id/dismiss" },
  input: byId,
  output: POLLER_SCHEMA,
  run: (context, { id }) => settle(context, id, dismissHeld),
});

async function settle(context: Context, id: string, settleHeld: typeof releaseHeld): Promise<Reply> {
  await mustGet(context, id);
  await settleHeld(context.ports, id);
  return { kind: "value", value: await shownPoller(context, await mustGet(context, id)) };
}

/** Commits a change on top of the poller as it is; a sweep under way finds that it moved on, and ends. */
async function change(
  context: Context,
  id: string,
  plan: (poller: StoredPoller) => Pick<PollCommit, "patch" | "clearItems">,
): Promise<Reply> {
  for (let tries = 0; tries < TRIES; tries++) {
    const poller = await mustGet(context, id);
    const act = { pollerId: id, expectVersion: poller.version, items: [], told: [], ...plan(poller) };
    if ((await context.ports.store.commitPoll(act)) === "stale") continue;
    return { kind: "value", value: await shownPoller(context, await mustGet(context, id)) };
  }
  throw new TidewireError("conflict", "The poller is busy; try again in a moment.");
}

async function mustGet({ ports, actor }: Context, id: string): Promise<StoredPoller> {
  const poller = await ports.store.pollers.get(id);
  if (!poller || !mayUseConnection(actor, poller.connectionId)) throw notFound("poller", id);
  const connection = await ports.store.connections.get(poller.connectionId);
  if (isWithheld(ports.connectors, poller, connection ?? undefined)) throw notFound("poller", id);
  return poller;
}

async function shownPoller({ ports }: Context, poller: StoredPoller) {
  const connection = await ports.store.connections.get(poller.connectionId);
  return pollerView(poller, connection?.name ?? "");
}

export const commands: Command[] = [list, get, run, pause, resume, reset, release, dismiss];
