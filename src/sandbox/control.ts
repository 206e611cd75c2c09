import type { Context, Hono } from "hono";
import { parseDuration } from "../kernel/duration.ts";
import { messageOf } from "../kernel/errors.ts";
import { type Json, type JsonObject } from "../kernel/json.ts";
import { asApiError, invalidRequest } from "./api-error.ts";
import { readJson } from "./body.ts";
import type { FaultRule } from "./fault-rules.ts";
import type { NewFile } from "./file-shapes.ts";
import type { SandboxEnv } from "./gate.ts";
import type { NewModel } from "./models.ts";
import type { NewApiKey } from "./organization/api-keys.ts";
import { choice, emailField, textField } from "./organization/fields.ts";
import { ORGANIZATION_ROLES } from "./organization/roles.ts";
import type { NewUser } from "./organization/users.ts";
import type { WebhookWish } from "./webhooks.ts";
import type { World } from "./world.ts";
import { apiTime } from "./world-clock.ts";

const BODY_CAP_BYTES = 10_000_000;

const KNOBS = [
  'POST /_sandbox/clock {"advance":"24h"}',
  'POST /_sandbox/models {"id":"claude-opus-6"} · DELETE /_sandbox/models/{id} retires it',
  'POST /_sandbox/files {"filename":"report.csv","content":"a,b"} · DELETE /_sandbox/files/{id}',
  "DELETE /_sandbox/skills/{id}",
  'POST /_sandbox/users {"email":"lea@example.com","role":"developer"} · DELETE /_sandbox/users/{id}',
  "POST /_sandbox/invites/{id}/accept",
  'POST /_sandbox/api_keys {"name":"Backend"}',
  "POST /_sandbox/batches/{id}/hold · POST /_sandbox/batches/{id}/release",
  'POST /_sandbox/webhooks {"url":"http://127.0.0.1:8787/inbound/claude-api/default","secret":"whsec_…","type":"session.idled"}',
  'POST /_sandbox/faults {"kind":"overloaded","path":"/v1/messages","times":2} or {"hold_batches":true} · DELETE /_sandbox/faults',
];

/** The knobs over HTTP, for people who run the sandbox by itself: `/_sandbox/…`, plain JSON, no key. */
export function addControls(app: Hono<SandboxEnv>, world: World): void {
  const knob =
    (turn: (body: JsonObject, id: string) => Promise<JsonObject> | void) => async (c: Context<SandboxEnv>) => {
      try {
        const told = turn(c.req.method === "POST" ? await bodyOf(c) : {}, c.req.param("id") ?? "");
        return c.json((await told) ?? overview(world));
      } catch (thrown) {
        const error = asApiError(thrown);
        return Response.json({ error: error.message }, { status: error.status });
      }
    };
  app.get(
    "/_sandbox",
    knob(() => {}),
  );
  app.post(
    "/_sandbox/clock",
    knob(({ advance }) => world.clock.advance(durationOf(advance))),
  );
  app.post(
    "/_sandbox/models",
    knob((body) => void world.addModel(newModelOf(body))),
  );
  app.delete(
    "/_sandbox/models/:id",
    knob((_, id) => need(world.retireModel(id), "model", id)),
  );
  app.post(
    "/_sandbox/files",
    knob((body) => void world.addFile(newFileOf(body))),
  );
  app.delete(
    "/_sandbox/files/:id",
    knob((_, id) => need(world.deleteFile(id), "file", id)),
  );
  app.delete(
    "/_sandbox/skills/:id",
    knob((_, id) => need(world.deleteSkill(id), "skill", id)),
  );
  app.post(
    "/_sandbox/users",
    knob((body) => void world.addUser(newUserOf(body))),
  );
  app.delete(
    "/_sandbox/users/:id",
    knob((_, id) => need(world.removeUser(id), "user", id)),
  );
  app.post(
    "/_sandbox/invites/:id/accept",
    knob((_, id) => void world.acceptInvite(id)),
  );
  app.post(
    "/_sandbox/api_keys",
    knob((body) => void world.addApiKey(newApiKeyOf(body))),
  );
  app.post(
    "/_sandbox/batches/:id/hold",
    knob((_, id) => world.holdBatch(id)),
  );
  app.post(
    "/_sandbox/batches/:id/release",
    knob((_, id) => world.releaseBatch(id)),
  );
  app.post(
    "/_sandbox/webhooks",
    knob(async (body) => ({ ...(await world.sendWebhook(webhookOf(body))) })),
  );
  app.post(
    "/_sandbox/faults",
    knob((body) => addFault(world, body)),
  );
  app.delete(
    "/_sandbox/faults",
    knob(() => world.faults.clear()),
  );
}

function overview(world: World): JsonObject {
  const { clock, models, batches, files, skills, organization, faults } = world;
  return {
    now: apiTime(clock.now()),
    advanced_ms: clock.offsetMs,
    models: models.size,
    message_batches: batches.size,
    files: files.size,
    skills: skills.size,
    users: organization.users.size,
    pending_invites: organization.invites.pending,
    workspaces: organization.workspaces.size,
    api_keys: organization.keys.size,
    hold_batches: faults.holdBatches,
    faults: faults.list() as unknown as Json,
    knobs: KNOBS,
  };
}

async function bodyOf(c: Context<SandboxEnv>): Promise<JsonObject> {
  return c.req.raw.body === null ? {} : readJson(c.req.raw, BODY_CAP_BYTES);
}

/** `{hold_batches: true}` or a rule of `faults.ts`. */
function addFault(world: World, body: JsonObject): void {
  if (typeof body.hold_batches === "boolean") world.faults.holdBatches = body.hold_batches;
  else world.faults.add(body as unknown as FaultRule);
}

/** `"24h"` or milliseconds. */
function durationOf(value: Json | undefined): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") throw invalidRequest('advance: give a duration such as "24h", or milliseconds');
  try {
    return parseDuration(value);
  } catch (cause) {
    throw invalidRequest(`advance: ${messageOf(cause)}`);
  }
}

function newModelOf({ id, display_name: name, created_at: created }: JsonObject): NewModel {
  if (typeof id !== "string" || id === "") throw invalidRequest("id: give the model's id, such as claude-opus-6");
  const createdAt = typeof created === "string" ? Date.parse(created) : undefined;
  if (Number.isNaN(createdAt)) throw invalidRequest("created_at: give a time such as 2026-11-20T00:00:00Z");
  return { id, ...(typeof name === "string" && { display_name: name }), ...(createdAt !== undefined && { createdAt }) };
}

function newFileOf(body: JsonObject): NewFile {
  const { filename, mime_type: mimeType, content, downloadable } = body;
  if (typeof filename !== "string") throw invalidRequest("filename: give the file's name");
  return {
    filename,
    ...(typeof mimeType === "string" && { mimeType }),
    ...(typeof content === "string" && { content }),
    ...(typeof downloadable === "boolean" && { downloadable }),
  };
}

function webhookOf(body: JsonObject): WebhookWish {
  const { id } = body;
  const [url, secret, type] = ["url", "secret", "type"].map((name) => textField(body, name)) as [
    string,
    string,
    string,
  ];
  return { url, secret, type, ...(typeof id === "string" && { id }) };
}

function newUserOf(body: JsonObject): NewUser {
  const email = emailField(body);
  const role = body.role === undefined ? "user" : choice(body.role, "role", ORGANIZATION_ROLES);
  return { email, role, ...(typeof body.name === "string" && { name: body.name }) };
}

function newApiKeyOf(body: JsonObject): NewApiKey {
  const { workspace_id: workspaceId } = body;
  return { name: textField(body, "name"), ...(typeof workspaceId === "string" && { workspaceId }) };
}

function need(done: boolean, kind: string, id: string): void {
  if (!done) throw invalidRequest(`There is no ${kind} "${id}".`);
}
