import type { Json } from "../kernel/json.ts";

/** A change that was told, as stored. `seq` is the order of commits and the cursor of the log. */
export interface StoredEvent {
  seq: number;
  id: string;
  type: string;
  /** ms since the epoch. */
  timestamp: number;
  connector: string;
  connectionId: string;
  /** The connection's name at that moment. */
  connection: string;
  resource: string;
  data: Json;
  previous: Json | undefined;
  /** Of a change: the names of the resource's fields that differ; absent for any other event. */
  changed?: string[] | undefined;
}

/** An event about to be committed: the commit gives it its `seq`. */
export interface NewEvent extends Omit<StoredEvent, "seq"> {
  /** Makes telling again harmless: (connection id, poller generation, event, item key, occurrence). */
  dedupeKey: string;
}

/** The body of a webhook and of `GET /v1/events/{id}` (CONTRACT: Event). */
export interface EventBody {
  id: string;
  type: string;
  timestamp: string;
  connector: string;
  connection: string;
  resource: string;
  data: Json;
  previous?: Json;
  changed?: string[];
}

/** The members that an event's body may have. */
export const EVENT_MEMBERS = Object.keys({
  id: true,
  type: true,
  timestamp: true,
  connector: true,
  connection: true,
  resource: true,
  data: true,
  previous: true,
  changed: true,
} satisfies Record<keyof EventBody, true>);

/** The public form of an event. */
export function eventBody(event: Omit<StoredEvent, "seq">): EventBody {
  return {
    id: event.id,
    type: event.type,
    timestamp: new Date(event.timestamp).toISOString(),
    connector: event.connector,
    connection: event.connection,
    resource: event.resource,
    data: event.data,
    ...(event.previous === undefined ? {} : { previous: event.previous }),
    ...(event.changed === undefined ? {} : { changed: event.changed }),
  };
}

/** True when a pattern such as `files.created`, `files.*` or `*` names the type. A bare `*` never matches `tidewire.*`. */
export function matchesPattern(pattern: string, type: string): boolean {
  if (pattern === "*") return !type.startsWith("tidewire.");
  if (pattern.endsWith(".*")) return type.startsWith(pattern.slice(0, -1));
  return pattern === type;
}
