import { assemble } from "../engine/assemble.ts";
import type { OperationCall } from "../engine/call.ts";
import { oncePer } from "../engine/once-per.ts";
import { type PublishPorts, planTold, wantedNow } from "../events/publish.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import { unlessAborted } from "../kernel/unless-aborted.ts";
import type { EventRule, Operation } from "../manifest/connector.ts";
import { compilePayload, type Payload } from "../manifest/payload.ts";
import { actionEventsOf } from "../manifest/triggers.ts";
import type { NewEvent } from "../model/event.ts";
import type { SseEvent } from "../model/reply.ts";

/** What ran, and with whose account. */
export type Ran = Pick<OperationCall, "connector" | "resource" | "operation" | "account">;

type Telling = Ran & Pick<OperationCall, "signal">;

const rulesOf = oncePer<Operation, readonly EventRule[]>();
const payloadOf = oncePer<EventRule, Payload>();

/** The events that a run of this operation makes and that somebody subscribed to, or follows. */
export async function wantedEvents(
  ports: Pick<PublishPorts, "store" | "clock">,
  { connector, resource, operation, account }: Ran,
): Promise<readonly EventRule[]> {
  const rules = rulesOf(operation, () => actionEventsOf(resource, operation));
  if (rules.length === 0) return rules;
  const isWanted = await wantedNow(ports);
  return rules.filter(({ type }) =>
    isWanted({ type, connector: connector.handle, connectionId: account.connectionId }),
  );
}

/**
 * To be asked before a call whose answer makes events. Throws what is wrong with the database (`database_full`, …) while outcomes are
 * held: the call would be made, and nobody told of it. So no more events are held than calls were under way when that began.
 */
export function assertTellable({ store }: Pick<PublishPorts, "store">, rules: readonly EventRule[]): void {
  const why = rules.length === 0 ? null : store.vitals.holding();
  if (why) throw why;
}

/**
 * Stores the events of an answer (the provider's own record) with the work to deliver them. While the database cannot be
 * written they are held: the call was made, and its caller must not be told to make it again. Throws `aborted` when the caller
 * goes away meanwhile; they are stored all the same.
 */
export async function tellAction(
  ports: PublishPorts,
  ran: Telling,
  rules: readonly EventRule[],
  record: Json,
): Promise<void> {
  const told = await planTold(ports, actionEvents(ports, ran, rules, record));
  const written = ports.store.commitEvents({ told, deliveries: [], jobs: [], isOutcome: true });
  const wentAway = () => new TidewireError("aborted", `${ran.operation.id}: the caller went away.`);
  await unlessAborted(written, ran.signal, wentAway);
}

/** The events of an answer, for a commit that stores more than them. */
export function actionEvents(
  ports: Pick<PublishPorts, "clock" | "newId">,
  { connector, resource, account }: Ran,
  rules: readonly EventRule[],
  record: Json,
): NewEvent[] {
  const now = ports.clock.now();
  return rules.map((rule) => {
    const id = ports.newId("evt");
    return {
      id,
      type: rule.type,
      timestamp: now,
      connector: connector.handle,
      connectionId: account.connectionId,
      connection: account.name,
      resource: resource.handle,
      data: payloadOf(rule, () => compilePayload(rule.payload))(record, now),
      previous: undefined,
      // Each run of an operation happens once: there is nothing to tell it from but the event itself.
      dedupeKey: id,
    };
  });
}

/** A stream as it comes. What ends it well is held back until its events are stored; one that breaks off makes none. */
export async function* tellStream(
  ports: PublishPorts,
  ran: Telling,
  rules: readonly EventRule[],
  events: AsyncIterable<SseEvent>,
): AsyncGenerator<SseEvent> {
  const rule = ran.operation.response.assemble;
  const assembly = rule === null ? null : assemble(rule);
  for await (const event of events) {
    const record = assembly?.take(event);
    if (record !== undefined) await tellAction(ports, ran, rules, record);
    yield event;
  }
}
