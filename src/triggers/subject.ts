import { isWithheld } from "../connections/withheld.ts";
import type { Ports } from "../context.ts";
import { oncePer } from "../engine/once-per.ts";
import { canonicalJson, type Json } from "../kernel/json.ts";
import type { Connector, EventRule, ForEach, Operation, Poller, Resource } from "../manifest/connector.ts";
import { compileField } from "../manifest/fields.ts";
import { compilePayload, type Payload } from "../manifest/payload.ts";
import { compileDueAt, compilePredicate } from "../manifest/predicate.ts";
import { compileSelector } from "../manifest/select.ts";
import { findOperation, fingerprintFields, pagesPrint, polledEventsOf } from "../manifest/triggers.ts";
import type { Connection } from "../model/connection.ts";
import type { KnownItem, StoredPoller } from "../model/poller.ts";
import type { DetectionRule } from "./detect.ts";
import type { RecordLens } from "./diff.ts";
import { compileFingerprint } from "./fingerprint.ts";
import { keyWithParent } from "./parent.ts";

/** What a poller's manifest says, compiled. */
interface CompiledPoller {
  lens: RecordLens;
  rules: DetectionRule[];
  payloads: Map<string, Payload>;
  /** In `head` mode: whether a record may still change. */
  isOpen: (record: Json, nowMs: number) => boolean;
  /** True when nothing of an item needs to be stored or told, because the record is what is known of it. */
  isAsBefore: (item: KnownItem, record: Json, nowMs: number) => boolean;
  /** When a record must be looked at again though it is the same, by each condition on time; ms since the epoch. */
  dues: ((record: Json, afterMs: number) => number | null)[];
  /** The names of the compared fields in which two records differ. */
  changedFields: (before: Json, after: Json) => string[];
  /** What stored pages rest on, as text; null in `head` mode, which keeps none. */
  pagesPrint: string | null;
}

/** A list, and what its records give as input to those below it. */
export interface Above extends Pick<ForEach, "input"> {
  resource: Resource;
  operation: Operation;
}

/** Everything that a sweep of one poller is about. */
export interface Subject {
  connection: Connection;
  connector: Connector;
  resource: Resource;
  poller: Poller;
  list: Operation;
  /** The list above, for each of whose records it lists (`forEach`); null when it has one list. */
  above: Above | null;
  compiled: CompiledPoller;
}

const compiledOf = oncePer<Poller, CompiledPoller>();

/** What a stored poller is about; null when its connection, its poller in the manifest, or its optional credential is gone. */
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
  if (isWithheld(connectors, stored, connection)) return null;
  return {
    connection,
    connector,
    resource,
    poller,
    list,
    above: aboveOf(connector, poller),
    compiled: compiledOf(poller, () => compile(resource, poller)),
  };
}

function aboveOf(connector: Connector, { forEach }: Poller): Above | null {
  const found = forEach && findOperation(connector, forEach.operation);
  return found && { resource: found.resource, operation: found.operation, input: forEach.input };
}

function compile(resource: Resource, poller: Poller): CompiledPoller {
  const fields = fingerprintFields(resource, poller);
  const events = polledEventsOf(resource, poller);
  const rules = events.map(({ type, source: { on } }) => ({
    type,
    on: "becomes" in on ? { ...on, becomes: compilePredicate(on.becomes) } : on,
  }));
  const dues = events.map(({ source: { on } }) => ("becomes" in on ? compileDueAt(on.becomes) : null));
  const lens = { keyOf: compileKey(poller), fingerprintOf: compileFingerprint(fields) };
  return {
    lens,
    rules,
    payloads: new Map(events.map((event: EventRule) => [event.type, compilePayload(event.payload)])),
    isOpen: poller.track ? compilePredicate(poller.track.open) : () => false,
    isAsBefore: compileComparison(lens, rules),
    dues: dues.filter((due) => due !== null),
    changedFields: compileChanges(fields),
    pagesPrint: poller.mode === "head" ? null : pagesPrint(resource, poller),
  };
}

function compileComparison(lens: RecordLens, rules: DetectionRule[]): CompiledPoller["isAsBefore"] {
  const transitions = rules.flatMap(({ type, on }) => ("becomes" in on ? [{ type, holds: on.becomes }] : []));
  return ({ status, fingerprint, states }, record, nowMs) =>
    status === "present" &&
    fingerprint === lens.fingerprintOf(record) &&
    transitions.every(({ type, holds }) => states[type]?.matching === holds(record, nowMs));
}

function compileChanges(fields: Resource["fields"]): CompiledPoller["changedFields"] {
  const members = fields.map((field) => ({ name: field.name, read: compileField(field) }));
  return (before, after) =>
    members.filter(({ read }) => canonicalJson(read(before)) !== canonicalJson(read(after))).map(({ name }) => name);
}

function compileKey({ key, forEach }: Poller): RecordLens["keyOf"] {
  const select = compileSelector(key);
  return (record) => {
    const own = keyText(select(record));
    return own !== null && forEach ? keyWithParent(record, own) : own;
  };
}

/** A key is a text or a number; anything else is no key. */
function keyText(value: Json | undefined): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}
