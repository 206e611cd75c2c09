import { z } from "zod";
import { command } from "../command.ts";
import { acceptReplay } from "../delivery/replay/accept.ts";
import { checkPatterns } from "../events/check-patterns.ts";
import { instant } from "../events/inputs.ts";
import { invalidInput } from "../kernel/errors.ts";
import { REPLAY_STATUSES } from "../model/replay.ts";
import { RUN_SCHEMA } from "../model/run-view.ts";
import { mustGet, typesOf } from "./find.ts";

const DEFAULT_LIMIT = 10_000;
/** How many one replay may send. */
export const MOST_REPLAYED = 100_000;
const DEFAULT_RATE = 50;
const FASTEST = 1_000;

const status = z.enum(REPLAY_STATUSES);
const pattern = z.string().max(200);
const patterns = z.union([pattern.transform((one) => [one]), z.array(pattern).min(1).max(100)]).optional();

/** `POST /v1/subscriptions/{id}/replay`. */
export const replay = command({
  name: "subscriptions.replay",
  summary: "Send again what a subscription missed, in the background: what failed unless said, the oldest first.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/subscriptions/:id/replay", status: 202 },
  input: z.strictObject({
    id: z.string(),
    status: z
      .union([status.transform((one) => [one]), z.array(status).min(1)])
      .default(["failed"])
      .describe("What became of it, one or several; missing = it happened before the subscription asked for it."),
    types: patterns.describe("Only these types, one or several: files.created, files.*."),
    type: patterns.describe("Another name of types."),
    since: instant.optional().describe("Only what was told at or after this time (ISO 8601)."),
    until: instant.optional().describe("Only what was told before this time (ISO 8601); now unless said."),
    limit: z.coerce.number().int().min(1).max(MOST_REPLAYED).default(DEFAULT_LIMIT).describe("How many at most."),
    rate: z.coerce.number().int().min(1).max(FASTEST).default(DEFAULT_RATE).describe("How many a second at most."),
    dry_run: z.boolean().default(false).describe("Only count them: the job's progress.total."),
  }),
  output: RUN_SCHEMA,
  async run(context, { id, status: statuses, types, type, since = null, until, limit, rate, dry_run: dryRun }) {
    const { store, clock } = context.ports;
    if (since !== null && until !== undefined && until <= since)
      throw invalidInput([{ at: "until", message: "must be later than since: there is nothing between them" }]);
    const subscription = await mustGet(context, id);
    const { connectionId } = subscription;
    const connection = connectionId === null ? null : await store.connections.get(connectionId);
    const known = typesOf(context, connection);
    const named = [...checkPatterns(types ?? [], known, "types"), ...checkPatterns(type ?? [], known, "type")];
    const only = named.length === 0 ? null : named;
    const asked = { statuses, types: only, since, until: until ?? clock.now() + 1, limit, rate, dryRun };
    return acceptReplay(context, subscription, asked);
  },
});
