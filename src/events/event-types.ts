import type { Json, JsonObject, JsonSchema } from "../kernel/json.ts";
import type { Connector, EventRule, Resource } from "../manifest/connector.ts";
import { payloadSchema } from "../manifest/outputs.ts";
import { eventsOf } from "../manifest/triggers.ts";
import type { StoredEvent } from "../model/event.ts";
import { NO_CONNECTION } from "./fan-out.ts";
import { OPERATIONAL_CONNECTOR, OPERATIONAL_EVENTS } from "./operational.ts";

/** A type of event that may come. */
export interface EventType {
  type: string;
  /** Handle; `tidewire` for what Tidewire tells about itself. */
  connector: string;
  resource: string;
  description: string;
  /** JSON Schema (2020-12) of the event's `data`. */
  payload: JsonSchema;
  /** An example of the event's `data`. */
  sample: Json;
}

/** Every type of event there is: those of the connectors, then those that Tidewire tells about itself. */
export function eventTypes(connectors: readonly Connector[]): EventType[] {
  const manifest = connectors.flatMap((connector) => eventsOf(connector).map((found) => ofManifest(connector, found)));
  return [...manifest, ...OPERATIONAL];
}

/** An event as it would come, made of the type's sample. Its id is the same each time, so that a platform sees one sample. */
export function sampleEvent(eventType: EventType, now: number): Omit<StoredEvent, "seq"> {
  const { type, connector, resource, sample: data } = eventType;
  const connection = connector === OPERATIONAL_CONNECTOR ? "" : "default";
  const address = { connector, connectionId: NO_CONNECTION, connection, resource };
  return { id: SAMPLE_ID, type, timestamp: now, ...address, data, previous: undefined };
}

const SAMPLE_ID = `evt_${"0".repeat(26)}`;

function ofManifest(connector: Connector, { resource, event }: { resource: Resource; event: EventRule }): EventType {
  return {
    type: event.type,
    connector: connector.handle,
    resource: resource.handle,
    description: event.description,
    payload: payloadSchema(event),
    // Without a sample the names still tell the shape.
    sample: event.sample ?? Object.fromEntries(event.payload.map(({ name }) => [name, null])),
  };
}

const OPERATIONAL: EventType[] = Object.entries(OPERATIONAL_EVENTS).map(([type, { description, sample }]) => ({
  type,
  connector: OPERATIONAL_CONNECTOR,
  resource: type.split(".")[1] as string,
  description,
  payload: schemaOf(sample),
  sample,
}));

function schemaOf(sample: JsonObject): JsonSchema {
  const properties = Object.entries(sample).map(([name, value]) => [
    name,
    typeof value === "number" ? { type: "integer" } : { type: ["string", "null"] },
  ]);
  return { type: "object", properties: Object.fromEntries(properties) };
}
