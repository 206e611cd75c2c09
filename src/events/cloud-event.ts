import { isoTime } from "../kernel/clock.ts";
import { type JsonObject, ownMember } from "../kernel/json.ts";
import type { StoredEvent } from "../model/event.ts";

/**
 * An event as a CloudEvent 1.0 in structured mode. `source` is the connector and the connection, `subject` the id of what it is
 * about. Attributes hold neither objects nor lists, so `previous` is there as JSON text and `changed` with commas.
 */
export function cloudEvent(event: Omit<StoredEvent, "seq">): JsonObject {
  const { connector, connection, resource, data, previous, changed } = event;
  const subject = ownMember(data, "id");
  return {
    specversion: "1.0",
    id: event.id,
    source: sourceOf(connector, connection),
    type: event.type,
    ...(typeof subject === "string" && subject !== "" ? { subject } : {}),
    time: isoTime(event.timestamp),
    datacontenttype: "application/json",
    connector,
    ...(connection === "" ? {} : { connection }),
    resource,
    ...(changed === undefined ? {} : { changed: changed.join(",") }),
    ...(previous === undefined ? {} : { previous: JSON.stringify(previous) }),
    data,
  };
}

/** `/claude-api/default`; what is about no connection comes from the connector alone. */
function sourceOf(connector: string, connection: string): string {
  const steps = connection === "" ? [connector] : [connector, connection];
  return steps.map((step) => `/${encodeURIComponent(step.toWellFormed())}`).join("");
}
