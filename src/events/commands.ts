import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import { notFound } from "../kernel/errors.ts";
import type { JsonSchema } from "../kernel/json.ts";
import { clampLimit, pageOf } from "../kernel/page.ts";
import { mayUseConnection } from "../model/actor.ts";
import { bodyOf } from "./body.ts";
import { eventTypes } from "./event-types.ts";
import { AFTER_INPUT, FORMAT_INPUT, instant, TYPES_INPUT } from "./inputs.ts";
import { visibleConnections } from "./named-connections.ts";
import { placeOf } from "./place.ts";
import { readBack } from "./read-back.ts";
import { readOn } from "./read-on.ts";
import { sampleBodies } from "./samples.ts";
import { stream } from "./stream.ts";

const EVENT_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "string" },
    type: { type: "string" },
    timestamp: { type: "string", format: "date-time" },
    connector: { type: "string" },
    connection: { type: "string" },
    resource: { type: "string" },
    data: { description: "The payload of the type." },
    previous: { description: "Of a change: the fields as they were." },
    changed: {
      type: "array",
      items: { type: "string" },
      description: "Of a change: the names of the fields that differ.",
    },
  },
  required: ["id", "type", "timestamp", "connector", "connection", "resource", "data"],
};

const list = command({
  name: "events.list",
  summary:
    "List events, newest first, by type, connection or time; with `after` oldest first, to read on again and again.",
  scope: "events",
  http: { method: "GET", path: "/v1/events" },
  input: z.strictObject({
    type: TYPES_INPUT,
    connection: z.string().optional().describe("A connection's name or id."),
    after: AFTER_INPUT,
    since: instant.optional().describe("At or after this time (ISO 8601)."),
    until: instant.optional().describe("Before this time (ISO 8601)."),
    ...PAGE_INPUT,
  }),
  output: EVENT_SCHEMA,
  async run({ ports, actor }, { connection, type: types, after, limit, cursor, ...times }) {
    const filter = { ...times, types, connections: await visibleConnections(ports, actor, connection) };
    const request = { limit: clampLimit(limit), cursor };
    const page =
      after === undefined
        ? await readBack(ports.store, filter, request)
        : await readOn(ports.store, filter, request, await placeOf(ports.store, actor, { after: cursor ?? after }));
    const value = page.items.map((event) => bodyOf(event, "standard"));
    return { kind: "list", value, nextCursor: page.nextCursor };
  },
});

const get = command({
  name: "events.get",
  summary: "Read an event.",
  scope: "events",
  http: { method: "GET", path: "/v1/events/:id" },
  input: z.strictObject({ id: z.string() }),
  output: EVENT_SCHEMA,
  async run({ ports, actor }, { id }) {
    const event = await ports.store.events.get(id);
    if (!event || !mayUseConnection(actor, event.connectionId)) throw notFound("event", id);
    return { kind: "value", value: bodyOf(event, "standard") };
  },
});

const listTypes = command({
  name: "event_types.list",
  summary: "List the types of events there are, each with the schema of its payload and a sample.",
  scope: "events",
  http: { method: "GET", path: "/v1/event-types" },
  input: z.strictObject({ ...PAGE_INPUT, connector: z.string().optional().describe("Only this connector's types.") }),
  output: {
    type: "object",
    properties: {
      type: { type: "string" },
      connector: { type: "string" },
      resource: { type: "string" },
      description: { type: "string" },
      payload: { type: "object", description: "JSON Schema of the event's data." },
      sample: { description: "An example of the event's data." },
    },
  },
  async run({ ports }, { connector, limit, cursor }) {
    const types = eventTypes(ports.connectors).filter((one) => connector === undefined || one.connector === connector);
    const { items, nextCursor } = pageOf(types, { limit: clampLimit(limit), cursor });
    return { kind: "list", value: items.map((one) => ({ ...one })), nextCursor };
  },
});

const samples = command({
  name: "event_types.samples",
  summary: "The newest real events of a type, as a webhook would carry them; a sample when there are none.",
  scope: "events",
  http: { method: "GET", path: "/v1/event-types/:type/samples", bare: true },
  input: z.strictObject({
    type: z.string().describe("`files.created`, or `claude-api/files.created` of that connector."),
    connector: z.string().optional().describe("Whose, when several connectors have the type."),
    limit: PAGE_INPUT.limit,
    format: FORMAT_INPUT,
  }),
  output: { type: "array", items: EVENT_SCHEMA },
  async run(context, { type, connector, limit, format }) {
    const found = eventTypes(context.ports.connectors).find(
      (one) =>
        [one.type, `${one.connector}/${one.type}`].includes(type) &&
        (connector === undefined || one.connector === connector),
    );
    if (!found) throw notFound("event type", type);
    return { kind: "value", value: await sampleBodies(context, found, clampLimit(limit), format) };
  },
});

// Before `get`, whose path would take it for an id.
export const commands: Command[] = [list, stream, get, listTypes, samples];
