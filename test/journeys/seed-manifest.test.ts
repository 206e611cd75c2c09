import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { Receiver, verified } from "../support/receiver.ts";

const SEED = fileURLToPath(new URL("../fixtures/seed/connector.json", import.meta.url));

/** The manifest of Planetcrust's document, byte for byte, does its work. */
describe("the seed's manifest, unchanged", () => {
  let tidewire: Harness;
  let receiver: Receiver;
  let secret: string;

  beforeAll(async () => {
    tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: SEED } });
    receiver = await Receiver.start();
    await tidewire.connect();
    for (const resource of ["models", "files", "skills", "message_batches"]) {
      expect(await tidewire.sweep(resource)).toMatchObject({ complete: true, events: 0 });
    }
    const answer = await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["*"] });
    secret = (answer.body.result as { secret: string }).secret;
  });
  afterAll(async () => {
    await receiver.stop();
    await tidewire.end();
  });

  const told = async (total: number) => {
    await receiver.arrived(total);
    const last = receiver.received().at(-1);
    if (!last) throw new Error("nothing arrived");
    return verified(last, secret, tidewire.clock.now()) as JsonObject;
  };

  it("sends a message by its body template, whatever the text holds, and tells it", async () => {
    const content = 'She said: "{{max_tokens}}"\n\\ \u2028';
    const message = await tidewire.run("messages.create", { model: "claude-haiku-4-5", max_tokens: 200, content });
    expect(message.content).toContain('She said: "{{max_tokens}}"');
    expect(await told(1)).toMatchObject({
      type: "messages.created",
      data: { id: message.id, content: message.content },
    });
  });

  it("lists, reads and deletes a file, and tells both changes", async () => {
    const file = tidewire.sandbox.world.addFile({ filename: "a.txt", content: "a" });
    await tidewire.sweep("files");
    expect(await told(2)).toMatchObject({ type: "files.created", data: { id: file.id } });
    expect(await tidewire.run("files.read", { file_id: file.id })).toMatchObject({ id: file.id });
    await tidewire.run("files.delete", { file_id: file.id });
    await tidewire.sweep("files");
    await tidewire.sweep("files");
    expect(await told(3)).toMatchObject({ type: "files.deleted", data: { id: file.id } });
  });

  it("makes a batch by its template and tells its end", async () => {
    const input = { custom_id: "one", model: "claude-haiku-4-5", max_tokens: 20, content: "Hi" };
    const batch = await tidewire.run("message_batches.create", input);
    await tidewire.clock.advance(10_000);
    await tidewire.sweep("message_batches");
    expect(await told(4)).toMatchObject({
      type: "message_batches.ended",
      data: { id: batch.id, processing_status: "ended" },
    });
  });

  it("cancels by the operation that it calls delete", async () => {
    tidewire.sandbox.faults.holdBatches = true;
    const input = { custom_id: "two", model: "claude-haiku-4-5", max_tokens: 20, content: "Hi" };
    const batch = await tidewire.run("message_batches.create", input);
    expect(await tidewire.run("message_batches.delete", { batch_id: batch.id })).toMatchObject({
      processing_status: "canceling",
    });
  });
});
