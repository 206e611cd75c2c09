import { z } from "zod";
import { command } from "../command.ts";
import { newSecret } from "../delivery/secrets.ts";
import { isoTime } from "../kernel/clock.ts";
import { answerOf } from "./answer.ts";
import { applyChange } from "./apply.ts";
import { mustGet } from "./find.ts";
import { duration, SECRET_INPUT } from "./input.ts";
import { resume } from "./resume.ts";
import { DEFAULT_OVERLAP_MS, LONGEST_OVERLAP_MS, putSecret } from "./rotate.ts";
import { sendTrial } from "./trial.ts";
import { SUBSCRIPTION_SCHEMA } from "./view.ts";

const byId = z.strictObject({ id: z.string() });

const rotateSecret = command({
  name: "subscriptions.rotate_secret",
  summary: "Give a subscription a new signing secret; the old one stays valid for a day unless said.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/subscriptions/:id/rotate-secret" },
  input: z.strictObject({
    id: z.string(),
    secret: SECRET_INPUT.optional(),
    overlap: duration(0, LONGEST_OVERLAP_MS, "0s to 7d")
      .optional()
      .describe("How long the old secret stays valid: seconds, or text such as 24h; 0s ends it now."),
  }),
  output: {
    type: "object",
    properties: {
      id: { type: "string" },
      secret: { type: "string", description: "The new secret, shown this once." },
      old_valid_until: { type: "string", format: "date-time" },
    },
  },
  async run(context, { id, secret = newSecret(), overlap = DEFAULT_OVERLAP_MS }) {
    const { vault, clock } = context.ports;
    await mustGet(context, id);
    const now = clock.now();
    await applyChange(context.ports, id, (it) => putSecret(vault, it, secret, now, overlap));
    return { kind: "value", value: { id, secret, old_valid_until: isoTime(now + overlap) } };
  },
});

const test = command({
  name: "subscriptions.test",
  summary: "Send a sample event to a subscription now, and tell how it went.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/subscriptions/:id/test" },
  input: z.strictObject({
    id: z.string(),
    type: z.string().optional().describe("Which of its types; the first unless said."),
  }),
  output: {
    type: "object",
    properties: {
      ok: { type: "boolean" },
      event: { type: "string", description: "The webhook-id that was sent." },
      type: { type: "string" },
      class: { type: "string" },
      status: { type: ["integer", "null"] },
      error: { type: ["string", "null"] },
      duration_ms: { type: "integer" },
      response_body: { type: ["string", "null"] },
    },
  },
  run: async (context, { id, type }) => ({
    kind: "value",
    value: await sendTrial(context, await mustGet(context, id), type),
  }),
});

const pause = command({
  name: "subscriptions.pause",
  summary: "Pause a subscription: its events are kept as skipped deliveries. One that is disabled stays so.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/subscriptions/:id/pause" },
  input: byId,
  output: SUBSCRIPTION_SCHEMA,
  async run(context, { id }) {
    await mustGet(context, id);
    const paused = await applyChange(context.ports, id, ({ status }) =>
      status === "active" ? { status: "paused", reason: "paused" } : {},
    );
    context.ports.jobs.wake("deliver", id); // what is due is skipped now, whatever held it up
    return { kind: "value", value: await answerOf(context, paused) };
  },
});

/** What can be done with a subscription beside changing its settings. */
export const lifecycle = [rotateSecret, test, pause, resume];
