import type { SandboxIdPrefix } from "./identifiers.ts";

/** What the API's own webhooks tell of one kind of thing. */
interface Family {
  /** Of the ids of such things. */
  id: SandboxIdPrefix;
  /** What may happen to one: `session` and `idled` make `session.idled`. */
  events: readonly string[];
  /** True for what belongs to the organization, and to none of its workspaces. */
  ofOrganization?: boolean;
  /** A further id in the events that it is for; in all, where it does not say for which. */
  further?: { name: string; id: SandboxIdPrefix; events?: readonly string[] };
}

const THREADS = ["thread_created", "thread_idled", "thread_terminated"];
const ENFORCEMENT = ["enforcement_action_opened", "enforcement_action_resolved"];

/** The types of webhooks that the API sends (SDK 1.10.0, `BetaWebhookEventData`). */
export const WEBHOOK_FAMILIES: Readonly<Record<string, Family>> = {
  agent: { id: "agent", events: ["created", "updated", "archived", "deleted"] },
  session: {
    id: "sesn",
    events: [
      "created",
      "pending",
      "running",
      "idled",
      "requires_action",
      "archived",
      "deleted",
      "updated",
      "status_rescheduled",
      "status_run_started",
      "status_idled",
      "status_terminated",
      ...THREADS,
      "outcome_evaluation_ended",
      "budget_reached",
    ],
    further: { name: "session_thread_id", id: "sthr", events: THREADS },
  },
  environment: { id: "env", events: ["created", "updated", "archived", "deleted"] },
  deployment: { id: "depl", events: ["created", "updated", "paused", "unpaused", "archived", "deleted"] },
  deployment_run: { id: "drun", events: ["started", "succeeded", "failed"] },
  vault: { id: "vlt", events: ["created", "archived", "deleted"] },
  vault_credential: {
    id: "vcrd",
    events: ["created", "archived", "deleted", "refresh_failed"],
    further: { name: "vault_id", id: "vlt" },
  },
  memory_store: { id: "memstore", events: ["created", "archived", "deleted"] },
  user_profile: {
    id: "uprof",
    events: [...ENFORCEMENT, "program_status_updated"],
    ofOrganization: true,
    further: { name: "enforcement_action_id", id: "enac", events: ENFORCEMENT },
  },
  external_key: { id: "ekey", events: ["failed", "recovered"], ofOrganization: true },
};

/** Every type that the API sends. */
export const WEBHOOK_TYPES: readonly string[] = Object.entries(WEBHOOK_FAMILIES).flatMap(([family, { events }]) =>
  events.map((event) => `${family}.${event}`),
);
