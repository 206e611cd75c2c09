import type { EventRule, EventSource, Field } from "../connector.ts";
import { compilePayload } from "../payload.ts";
import type { Predicate } from "../predicate.ts";
import type { EventSourceSource, ResourceSource, WebhookSource } from "../schema/resource.ts";
import { normaliseField } from "./parts.ts";

/** The poller that a seed webhook's source is taken to be. */
export const ASSUMED_POLLER = "main";

const CHANGES = {
  created: "added",
  added: "added",
  updated: "changed",
  changed: "changed",
  deleted: "removed",
  removed: "removed",
} as const;

/** What the seed's names of a batch's ends mean: there is no status `expired`, a batch ends with requests that expired. */
const ENDED: Predicate = { field: ["processing_status"], equals: "ended" };
const BECOMES: Record<string, Predicate> = {
  ended: ENDED,
  expired: { all: [ENDED, { field: ["request_counts", "expired"], gt: 0 }] },
};
/** Events of a resource that cannot be listed are those of the operation run through this runtime. */
const ACTIONS: Record<string, string> = { created: "create", updated: "update", deleted: "delete" };

/** The events of a resource; one whose source is neither given nor told by its name is left out. */
export function normaliseEvents(resource: ResourceSource, connector: string): EventRule[] {
  return (resource.webhooks ?? []).flatMap((webhook) => {
    const source = eventSource(webhook, resource);
    return source === null ? [] : [eventRule(webhook, source, resource, connector)];
  });
}

/** Where an event comes from: what it says, else what its name means; null when that says nothing. */
export function eventSource(webhook: WebhookSource, resource: ResourceSource): EventSource | null {
  return webhook.source === undefined ? sourceOfName(webhook.event, resource) : statedSource(webhook.source, webhook);
}

function statedSource(source: EventSourceSource, webhook: WebhookSource): EventSource {
  if (source.type === "inbound") return { type: "inbound", event: source.event ?? webhook.event };
  if (source.type === "action") return source;
  const { poller, on } = source;
  if ("change" in on) return { type: "poll", poller, on };
  return { type: "poll", poller, on: { becomes: on.becomes, once: on.once ?? false, unseen: on.unseen ?? "emit" } };
}

function sourceOfName(event: string, { operations }: ResourceSource): EventSource | null {
  const happened = event.slice(event.lastIndexOf(".") + 1);
  if (operations?.list === undefined) {
    const operation = ACTIONS[happened];
    return operation === undefined || operations?.[operation] === undefined ? null : { type: "action", operation };
  }
  const change = CHANGES[happened as keyof typeof CHANGES];
  if (change !== undefined) return { type: "poll", poller: ASSUMED_POLLER, on: { change } };
  const becomes = BECOMES[happened];
  return becomes === undefined
    ? null
    : { type: "poll", poller: ASSUMED_POLLER, on: { becomes, once: true, unseen: "emit" } };
}

function eventRule(
  webhook: WebhookSource,
  source: EventSource,
  resource: ResourceSource,
  connector: string,
): EventRule {
  const payload: Field[] = (webhook.payload ?? resource.fields ?? []).map(normaliseField);
  const record = webhook.sample ?? resource.sample;
  return {
    type: webhook.event,
    description: webhook.description ?? webhook.meta?.description ?? webhook.meta?.short ?? "",
    path: webhook.path ?? `/webhooks/${connector}/${webhook.event}`,
    payload,
    source,
    // A sample has no time of its own: conditions on "now" are judged at the epoch.
    sample: record === undefined ? null : compilePayload(payload)(record, 0),
  };
}
