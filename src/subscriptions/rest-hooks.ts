import { z } from "zod";
import { command, PAGE_INPUT } from "../command.ts";
import type { Context } from "../context.ts";
import { type EventType, eventTypes } from "../events/event-types.ts";
import { FORMAT_INPUT } from "../events/inputs.ts";
import { sampleBodies } from "../events/samples.ts";
import { TidewireError } from "../kernel/errors.ts";
import { clampLimit } from "../kernel/page.ts";
import { suggestion } from "../manifest/nearest.ts";
import { eventsOf } from "../manifest/triggers.ts";
import { answerToCreate, CREATED_SCHEMA } from "./answer.ts";
import { createSubscription } from "./create.ts";
import { removeSubscription } from "./find.ts";
import { givenUrl, SECRET_INPUT, SETTINGS_INPUT, URL_INPUT } from "./input.ts";

const { events: _, ...settings } = SETTINGS_INPUT;
const HOOK = { connector: z.string(), event: z.string() };

const subscribe = command({
  name: "rest_hooks.subscribe",
  summary: "Subscribe a no-code platform to one event.",
  scope: "subscriptions",
  http: { method: "POST", path: "/webhooks/:connector/:event", status: 201, bare: true },
  input: z.strictObject({
    ...HOOK,
    ...URL_INPUT,
    secret: SECRET_INPUT.optional(),
    ...z.object(settings).partial().shape,
  }),
  output: CREATED_SCHEMA,
  async run(context, { connector, event, secret, ...input }) {
    const pattern = patternOf(context, hookedType(context, connector, event));
    const created = await createSubscription(context, { ...input, url: givenUrl(input), secret, events: [pattern] });
    const location = `/webhooks/${connector}/${event}/${created.subscription.id}`;
    return { kind: "value", value: await answerToCreate(context, created), headers: { location } };
  },
});

const unsubscribe = command({
  name: "rest_hooks.unsubscribe",
  summary: "End a no-code platform's subscription; a second time is fine.",
  scope: "subscriptions",
  http: { method: "DELETE", path: "/webhooks/:connector/:event/:id", bare: true },
  input: z.strictObject({ ...HOOK, id: z.string() }),
  async run(context, { id }) {
    await removeSubscription(context, id);
    return { kind: "value", value: { id, deleted: true } };
  },
});

const samples = command({
  name: "rest_hooks.samples",
  summary: "The newest real events of a REST hook as it would carry them; a sample when there are none.",
  scope: "subscriptions",
  http: { method: "GET", path: "/webhooks/:connector/:event", bare: true },
  input: z.strictObject({ ...HOOK, limit: PAGE_INPUT.limit, format: FORMAT_INPUT }),
  async run(context, { connector, event, limit, format }) {
    const eventType = hookedType(context, connector, event);
    return { kind: "value", value: await sampleBodies(context, eventType, clampLimit(limit), format) };
  },
});

/** The type behind a REST hook's address: the manifest's `path`, or else handle and type. Throws `not_found` with what was probably meant. */
function hookedType({ ports }: Context, handle: string, name: string): EventType {
  const path = `/webhooks/${handle}/${name}`;
  const declared = ports.connectors.flatMap((connector) =>
    eventsOf(connector).flatMap(({ event }) =>
      event.path === path ? [{ connector: connector.handle, type: event.type }] : [],
    ),
  );
  const wanted = declared[0] ?? { connector: handle, type: name };
  const all = eventTypes(ports.connectors);
  const found = all.find(({ connector, type }) => connector === wanted.connector && type === wanted.type);
  if (found) return found;
  const hint = suggestion(
    path,
    all.map(({ connector, type }) => `/webhooks/${connector}/${type}`),
  );
  throw new TidewireError("not_found", `There is no REST hook "${path}" here. ${hint}`);
}

/** The type's name, with its connector's where another connector has the same. */
function patternOf({ ports }: Context, { connector, type }: EventType): string {
  const isShared = eventTypes(ports.connectors).some((other) => other.type === type && other.connector !== connector);
  return isShared ? `${connector}/${type}` : type;
}

/** The addresses that no-code platforms subscribe at. */
export const restHooks = [subscribe, unsubscribe, samples];
