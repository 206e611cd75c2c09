import type { Ports } from "../context.ts";
import { oncePer } from "../engine/once-per.ts";
import { canonicalJson, type Json } from "../kernel/json.ts";
import type { Connector, EventRule, Operation, Poller, Resource } from "../manifest/connector.ts";
import { compilePayload, type Payload } from "../manifest/payload.ts";
import { compilePredicate } from "../manifest/predicate.ts";
import { compileFields, compileSelector } from "../manifest/select.ts";
import { fingerprintFields, polledEventsOf } from "../manifest/triggers.ts";
import type { Connection } from "../model/connection.ts";
import type { StoredPoller } from "../model/poller.ts";
import type { DetectionRule } from "./detect.ts";
import type { RecordLens } from "./diff.ts";

/** What a poller's manifest says, compiled. */
interface CompiledPoller {
  lens: RecordLens;
  rules: DetectionRule[];
  payloads: Map<string, Payload>;
  /** In `head` mode: whether a record may still change. */
  isOpen(record: Json, nowMs: number): boolean;
}

/** Everything that a sweep of one poller is about. */
export interface Subject {
  connection: Connection;
  connector: Connector;
  resource: Resource;
  poller: Poller;
  list: Operation;
  compiled: CompiledPoller;
}

const compiledOf = oncePer<Poller, CompiledPoller>();

/** What a stored poller is about; null when its connection, or its poller in the manifest, is gone. */
export async function subjectOf(
  { store, connectors }: Pick<Ports, "store" | "connectors">,
  stored: StoredPoller,
): Promise<Subject | null> {
  const connector = connectors.find((c) => c.handle === stored.connector);
  const resource = connector?.resources.find((r) => r.handle === stored.resource);
  const poller = resource?.pollers[stored.name];
  const list = poller && resource?.operations[poller.operation];
  const connection = await store.connections.get(stored.connectionId);
  if (!connector || !resource || !poller || !list || !connection) return null;
  return {
    connection,
    connector,
    resource,
    poller,
    list,
    compiled: compiledOf(poller, () => compile(resource, poller)),
  };
}

function compile(resource: Resource, poller: Poller): CompiledPoller {
  const select = compileSelector(resource.key);
  const fields = compileFields(fingerprintFields(resource, poller));
  const events = polledEventsOf(resource, poller);
  const isOpen = poller.track ? compilePredicate(poller.track.open) : () => false;
  return {
    lens: {
      keyOf: (record) => keyText(select(record)),
      fingerprintOf: (record) => canonicalJson(fields(record)),
    },
    rules: events.map(({ type, source: { on } }) => ({
      type,
      on: "becomes" in on ? { ...on, becomes: compilePredicate(on.becomes) } : on,
    })),
    payloads: new Map(events.map((event: EventRule) => [event.type, compilePayload(event.payload)])),
    isOpen,
  };
}

/** A key is a text or a number; anything else is no key. */
function keyText(value: Json | undefined): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}
