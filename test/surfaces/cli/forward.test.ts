import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/kernel/clock.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { Receiver, verified } from "../../support/receiver.ts";
import { status } from "../../support/upstream.ts";
import { Desk, Ongoing } from "./rig.ts";

const MESSAGE = ["--model", "claude-haiku-4-5", "--max-tokens", "9", "--messages", '[{"role":"user","content":"Hi"}]'];

describe("tidewire listen", () => {
  let desk: Desk;
  let receiver: Receiver;
  beforeEach(async () => {
    desk = new Desk({ TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1" });
    receiver = await Receiver.start();
    await desk.serve();
    await desk.run("subscriptions", "create", "--url", "http://127.0.0.1:9/hook", "--events", "messages.*");
  });
  afterEach(async () => {
    await desk.close();
    await receiver.stop();
  });

  const message = async () => {
    const { result } = (await desk.json("call", "messages.create", ...MESSAGE)) as { result: JsonObject };
    return String(result.id);
  };
  const listen = (...more: string[]) => new Ongoing(desk, ["listen", "--after", "start", ...more]);
  const messagesAt = () => receiver.received().map(({ body }) => (body.data as JsonObject).id);

  it("sends each event as a webhook that the official library takes, in order, across a restart of the server", async () => {
    const listening = listen("--forward", receiver.url().replace("http://", ""));
    const ids = [await message(), await message()];
    await receiver.arrived(2);
    await desk.stop();
    await desk.serve();
    ids.push(await message());
    await receiver.arrived(3);
    await listening.until(/(✓.*[^]*){3}/);
    const { code, out } = await listening.stop();
    const [, secret = ""] = /signed with (whsec_\S+)\n/.exec(out) ?? [];
    for (const webhook of receiver.received()) {
      expect(verified(webhook, secret, systemClock.now())).toEqual(webhook.body);
      expect(webhook).toMatchObject({ id: webhook.body.id, attempt: 1 });
    }
    expect(messagesAt()).toEqual(ids);
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ messages\.created +evt_\S+ {2}204 {2}\d+ ms$/m);
  });

  it("takes a secret, sends only what is asked for, and tells programs in JSON", async () => {
    const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
    const only = ["--events", "messages.*", "--connection", "sandbox", "--json"];
    const listening = listen("--forward", receiver.url(), "--secret", secret, ...only);
    await message();
    await listening.until(/\n[^]*\n/);
    const { out } = await listening.stop();
    const [head, sent] = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject);
    expect(head).toEqual({ forward: receiver.url(), secret });
    const [webhook] = receiver.received();
    if (!webhook) throw new Error("nothing came");
    expect(verified(webhook, secret, systemClock.now())).toEqual(webhook.body);
    expect(sent).toMatchObject({ event: webhook.id, type: "messages.created", ok: true, status: 204, error: null });
  });

  it("goes on after an event that the program refuses, and ends with 1", async () => {
    receiver.script(status(500), status(204));
    const listening = listen("--forward", receiver.url());
    const ids = [await message(), await message()];
    await listening.until(/✗ .* {2}500 {2}[^]*✓ .* {2}204 {2}/);
    expect(await listening.stop()).toMatchObject({ code: 1 });
    expect(messagesAt()).toEqual(ids);
  });

  it("waits for a program that is just starting", async () => {
    const port = await freePort();
    const listening = listen("--forward", `http://127.0.0.1:${port}/hook`);
    await message();
    await listening.until(/signed with/);
    const attempts: string[] = [];
    const program = createServer((request, response) => {
      attempts.push(String(request.headers["tidewire-attempt"]));
      response.writeHead(200).end();
    }).listen(port, "127.0.0.1");
    await listening.until(/✓ messages\.created/);
    expect((await listening.stop()).code).toBe(0);
    expect(attempts).toHaveLength(1);
    program.closeAllConnections();
    program.close();
  });
});

describe("tidewire listen without a server", () => {
  it.each([
    ["an address that is none", ["--forward", "ftp://localhost/x"], "--forward takes an address"],
    ["a secret that is none", ["--forward", "localhost:1", "--secret", "abc"], "whsec_"],
    ["no address", [], "--forward"],
  ])("refuses %s", async (_, argv, words) => {
    const desk = new Desk();
    const ran = await desk.run("listen", ...argv);
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toContain(words);
    await desk.close();
  });
});

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const { port } = holder.address() as AddressInfo;
  await new Promise((resolve) => holder.close(resolve));
  return port;
}
