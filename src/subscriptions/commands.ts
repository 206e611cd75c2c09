import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import { invalidInput } from "../kernel/errors.ts";
import { clampLimit } from "../kernel/page.ts";
import { visibleOwner } from "../model/actor.ts";
import { answerOf, answerToCreate, CREATED_SCHEMA } from "./answer.ts";
import { changeSubscription } from "./change.ts";
import { createSubscription } from "./create.ts";
import { mustGet, ofUrl, removeSubscription } from "./find.ts";
import { givenUrl, SECRET_INPUT, SETTINGS_INPUT, URL_INPUT } from "./input.ts";
import { lifecycle } from "./lifecycle.ts";
import { replay } from "./replay.ts";
import { restHooks } from "./rest-hooks.ts";
import { SUBSCRIPTION_SCHEMA, subscriptionView } from "./view.ts";

const byId = z.strictObject({ id: z.string() });
const { events, ...settings } = SETTINGS_INPUT;
const optionalSettings = z.object(settings).partial().shape;

const create = command({
  name: "subscriptions.create",
  summary: "Subscribe a URL to events; the signing secret is shown this once.",
  scope: "subscriptions",
  http: { method: "POST", path: "/v1/subscriptions", status: 201 },
  input: z.strictObject({ ...URL_INPUT, events, secret: SECRET_INPUT.optional(), ...optionalSettings }),
  output: CREATED_SCHEMA,
  async run(context, input) {
    const created = await createSubscription(context, { ...input, url: givenUrl(input) });
    const headers = { location: `/v1/subscriptions/${created.subscription.id}` };
    return { kind: "value", value: await answerToCreate(context, created), headers };
  },
});

const get = command({
  name: "subscriptions.get",
  summary: "Read a subscription.",
  scope: "subscriptions",
  http: { method: "GET", path: "/v1/subscriptions/:id" },
  input: byId,
  output: SUBSCRIPTION_SCHEMA,
  run: async (context, { id }) => ({ kind: "value", value: await answerOf(context, await mustGet(context, id)) }),
});

const list = command({
  name: "subscriptions.list",
  summary: "List subscriptions, those of one URL or with one tag if it is given.",
  scope: "subscriptions",
  http: { method: "GET", path: "/v1/subscriptions" },
  input: z.strictObject({
    url: z.string().optional().describe("Only those of this URL."),
    tag: z.string().optional().describe("Only those with this tag."),
    ...PAGE_INPUT,
  }),
  output: SUBSCRIPTION_SCHEMA,
  async run({ ports, actor }, { url, tag, limit, cursor }) {
    const owner = visibleOwner(actor);
    const page = await ports.store.subscriptions.list({ owner, url, tag, limit: clampLimit(limit), cursor });
    const connections = await ports.store.connections.all();
    const value = page.items.map((subscription) => subscriptionView(subscription, connections, ports.clock.now()));
    return { kind: "list", value, nextCursor: page.nextCursor };
  },
});

const update = command({
  name: "subscriptions.update",
  summary: "Change a subscription; what is not given stays as it is.",
  scope: "subscriptions",
  http: { method: "PATCH", path: "/v1/subscriptions/:id" },
  input: z.strictObject({ id: z.string(), ...URL_INPUT, events: events.optional(), ...optionalSettings }),
  output: SUBSCRIPTION_SCHEMA,
  async run(context, { id, ...input }) {
    const changed = await changeSubscription(context, await mustGet(context, id), { ...input, url: givenUrl(input) });
    context.ports.jobs.wake("deliver", id);
    return { kind: "value", value: await answerOf(context, changed) };
  },
});

const remove = command({
  name: "subscriptions.delete",
  summary: "Delete a subscription and cancel what is pending for it; a second time is fine.",
  scope: "subscriptions",
  http: { method: "DELETE", path: "/v1/subscriptions/:id" },
  input: byId,
  async run(context, { id }) {
    await removeSubscription(context, id);
    return { kind: "value", value: { id, deleted: true } };
  },
});

const removeByUrl = command({
  name: "subscriptions.delete_by_url",
  summary: "Delete every subscription of a URL; a second time is fine.",
  scope: "subscriptions",
  http: { method: "DELETE", path: "/v1/subscriptions" },
  input: z.strictObject(URL_INPUT),
  async run(context, input) {
    const url = givenUrl(input);
    if (url === undefined) throw invalidInput([{ at: "url", message: "give the URL whose subscriptions are to go" }]);
    const ids = (await ofUrl(context, url)).map(({ id }) => id);
    for (const id of ids) await removeSubscription(context, id);
    return { kind: "value", value: { id: ids[0] ?? null, ids, url, deleted: true } };
  },
});

export const commands: Command[] = [create, get, list, update, remove, removeByUrl, ...lifecycle, replay, ...restHooks];
