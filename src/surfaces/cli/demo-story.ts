import { sleep, systemClock } from "../../kernel/clock.ts";
import { TidewireError } from "../../kernel/errors.ts";
import { type Json, type JsonObject, textOf } from "../../kernel/json.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { type Client, type ClientBody, requestAll, requestJson } from "./client.ts";
import type { DemoReceiver } from "./demo-receiver.ts";

/** What a chapter of the demo works with. */
export interface Stage {
  client: Client;
  sandbox: Sandbox;
  receiver: DemoReceiver;
  /** How long a webhook may take, in ms. */
  arrivalMs: number;
  /** Tells the reader what happens now. */
  say(text: string): void;
}

const HOUR_MS = 3_600_000;
const BATCH_MS = 2_000;
const MODEL = "claude-haiku-4-5";

/** The main job, chapter by chapter; each ends when its webhooks have arrived. Throws when one does not. */
export async function tellStory(stage: Stage): Promise<void> {
  await baseline(stage);
  await message(stage);
  await file(stage);
  await skill(stage);
  await model(stage);
  await endedBatch(stage);
  await expiredBatch(stage);
}

async function baseline(stage: Stage): Promise<void> {
  for (const resource of ["models", "files", "skills", "message_batches"]) {
    const { items } = await sweep(stage, resource);
    stage.say(`baseline of ${resource}: ${items} known, nothing told`);
  }
}

async function message(stage: Stage): Promise<void> {
  const input = { model: MODEL, max_tokens: 64, messages: [{ role: "user", content: "Good morning, Claude." }] };
  const { id, content } = await run(stage, "messages.create", { json: input });
  stage.say(`sent a message; Claude says: ${JSON.stringify(content)}`);
  await arrives(stage, "messages.created", id);
}

async function file(stage: Stage): Promise<void> {
  const form = new FormData();
  form.append("file", new Blob(["month,tides\nNovember,58\n"], { type: "text/csv" }), "tides.csv");
  const { id } = await run(stage, "files.upload", { form });
  stage.say("uploaded tides.csv, then looked at the list of files");
  await sweep(stage, "files");
  await arrives(stage, "files.created", id);
  await run(stage, "files.delete", { json: { file_id: textOf(id ?? null) } });
  stage.say("deleted it; a removal is told after two complete looks and a read that answers 404");
  await sweep(stage, "files");
  await sweep(stage, "files");
  await arrives(stage, "files.deleted", id);
}

async function skill(stage: Stage): Promise<void> {
  const form = new FormData();
  const manual = "---\nname: tide-tables\ndescription: Reads tide tables.\n---\n\n# Tide tables\n";
  form.append("display_name", "Tide tables");
  form.append("files[]", new Blob([manual], { type: "text/markdown" }), "tide-tables/SKILL.md");
  const { id } = await run(stage, "skills.create", { form });
  stage.say("made the skill “Tide tables”");
  await sweep(stage, "skills");
  await arrives(stage, "skills.created", id);
  await run(stage, "skills.delete", { json: { skill_id: textOf(id ?? null) } });
  stage.say("deleted it");
  await sweep(stage, "skills");
  await sweep(stage, "skills");
  await arrives(stage, "skills.deleted", id);
}

async function model(stage: Stage): Promise<void> {
  stage.sandbox.world.addModel({ id: "claude-tide-6", display_name: "Claude Tide 6" });
  stage.say("a new model appears upstream");
  await sweep(stage, "models");
  await arrives(stage, "models.created", "claude-tide-6");
}

async function endedBatch(stage: Stage): Promise<void> {
  const { id } = await run(stage, "message_batches.create", { json: batchOf("tide-1") });
  stage.say("started a batch and let it run to its end");
  await sweep(stage, "message_batches");
  stage.sandbox.advance(BATCH_MS + 1);
  await sweep(stage, "message_batches");
  await arrives(stage, "message_batches.ended", id);
}

async function expiredBatch(stage: Stage): Promise<void> {
  stage.sandbox.faults.holdBatches = true;
  const { id } = await run(stage, "message_batches.create", { json: batchOf("tide-2") });
  stage.say("started a batch that hangs, and turned the sandbox's clock on by 24 hours");
  stage.sandbox.advance(24 * HOUR_MS + 1);
  await sweep(stage, "message_batches");
  await arrives(stage, "message_batches.ended", id);
  await arrives(stage, "message_batches.expired", id);
}

function batchOf(customId: string): JsonObject {
  const params = { model: MODEL, max_tokens: 64, messages: [{ role: "user", content: "When is high tide?" }] };
  return { requests: [{ custom_id: customId, params }] };
}

async function run({ client }: Stage, operation: string, body: ClientBody): Promise<JsonObject> {
  const answer = await requestJson(client, "POST", `/v1/connectors/claude-api/operations/${operation}`, body);
  return (answer as { result: JsonObject }).result;
}

/** Polls a resource now instead of waiting for its minute, and waits where the server is just doing so by itself. */
async function sweep({ client }: Stage, resource: string): Promise<{ items: number }> {
  const pollers = (await requestAll(client, "/v1/pollers")) as { id: string; resource: string }[];
  const poller = pollers.find((candidate) => candidate.resource === resource);
  if (!poller) throw new TidewireError("not_found", `There is no poller of ${resource}.`);
  for (;;) {
    try {
      const { result } = (await requestJson(client, "POST", `/v1/pollers/${poller.id}/run`)) as {
        result: { items: number; complete: boolean; error?: Json };
      };
      if (!result.complete)
        throw new TidewireError("upstream_error", `The look at ${resource} failed: ${JSON.stringify(result.error)}`);
      return result;
    } catch (error) {
      if (!(error instanceof TidewireError && error.code === "sweep_running")) throw error;
      await sleep(systemClock, 50);
    }
  }
}

async function arrives({ receiver, arrivalMs }: Stage, type: string, id: Json | undefined): Promise<void> {
  await receiver.waitFor(type, textOf(id ?? null), arrivalMs);
}
