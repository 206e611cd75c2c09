import { z } from "zod";
import { command } from "../command.ts";
import { TidewireError } from "../kernel/errors.ts";
import { checkPatterns } from "./check-patterns.ts";
import { eventTypes } from "./event-types.ts";
import { follow } from "./follow.ts";
import { followersOf } from "./followers.ts";
import { AFTER_INPUT, instant, TYPES_INPUT } from "./inputs.ts";
import { visibleConnections } from "./named-connections.ts";
import { placeOf } from "./place.ts";

/** `GET /v1/events/stream`. */
export const stream = command({
  name: "events.stream",
  summary:
    "Follow the log of events as server-sent events, each as soon as it is stored; Last-Event-ID goes on after it.",
  scope: "events",
  http: { method: "GET", path: "/v1/events/stream", resumeAs: "after" },
  input: z.strictObject({
    type: TYPES_INPUT,
    connection: z.string().optional().describe("A connection's name or id."),
    since: instant.optional().describe("Begin with the events at or after this time (ISO 8601)."),
    after: AFTER_INPUT,
  }),
  async run({ ports, actor, signal }, { type, connection, since, after }) {
    if (followersOf(ports.store).hasEnded) throw new TidewireError("unavailable", "Tidewire is stopping; come back.");
    const types = checkPatterns(type, eventTypes(ports.connectors), "type"); // of a misspelt one nothing would ever come
    const connections = await visibleConnections(ports, actor, connection);
    const from = await placeOf(ports.store, actor, { after, since });
    return { kind: "feed", events: follow(ports, actor, { types, connections, since }, from, signal) };
  },
});
