import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../../src/engine/execute.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { createSandbox, type Sandbox, type SandboxListener } from "../../src/sandbox/sandbox.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openRig, type Rig, sandboxCallOf } from "./rig.ts";

const { connector } = loadConnector("test/fixtures/seed/connector.json");
let sandbox: Sandbox;
let listener: SandboxListener;
let rig: Rig;

beforeAll(async () => {
  sandbox = createSandbox({ clock: new ManualClock(), random: () => 0.5 });
  listener = await sandbox.listen(0);
  rig = openRig();
});
afterAll(async () => {
  await rig.close();
  await listener.close();
});

const run = async (id: string, input: Record<string, unknown> = {}) =>
  execute(rig.deps, sandboxCallOf(connector, id, listener.url, input));

const HELLO = { model: "claude-opus-5-5", max_tokens: 16, content: 'quote " newline \n {{brace}}' };

test("the seed's manifest, unchanged, sends a message whatever stands in it", async () => {
  expect(await run("messages.create", HELLO)).toMatchObject({
    kind: "value",
    value: { id: expect.stringMatching(/^msg_/), role: "assistant", model: HELLO.model },
  });
  await expect(run("messages.create", { ...HELLO, model: 'x", "max_tokens": 1, "y": "' })).rejects.toMatchObject({
    upstream: { status: 404 },
  });
});

test("an injected number is refused, and nothing is sent", async () => {
  await expect(run("messages.create", { ...HELLO, max_tokens: '5, "x": 1' })).rejects.toMatchObject({
    code: "invalid_input",
    status: 400,
  });
});

test("it makes a batch, reads it, lists it and cancels it by the name delete", async () => {
  const made = await run("message_batches.create", { custom_id: "r1", ...HELLO });
  const id = made.kind === "value" && (made.value as { id: string }).id;
  expect(await run("message_batches.read", { batch_id: id })).toMatchObject({
    value: { processing_status: "in_progress" },
  });
  expect(await run("message_batches.list")).toMatchObject({ kind: "list", value: [{ id }], nextCursor: null });
  expect(await run("message_batches.delete", { batch_id: id })).toMatchObject({
    value: { processing_status: "canceling" },
  });
});

test("its lists go from page to page, though it says nothing of pages", async () => {
  sandbox.faults.add({ kind: "page_size", size: 2, times: 0 });
  const first = await run("models.list");
  if (first.kind !== "list") throw new Error(first.kind);
  expect(first.value).toHaveLength(2);
  const second = await run("models.list", { cursor: first.nextCursor });
  if (second.kind !== "list") throw new Error(second.kind);
  expect(second.value[0]).not.toEqual(first.value[0]);
  for (const name of ["a", "b", "c"]) sandbox.world.addFile({ filename: name });
  const files = await run("files.list");
  expect(files).toMatchObject({ kind: "list", value: [{}, {}], nextCursor: expect.any(String) });
});
