import { afterEach, describe, expect, it } from "vitest";
import { createSandbox, type SandboxListener } from "../../src/sandbox/sandbox.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { fileForm, HELLO } from "./caller.ts";

const HEADERS = { "x-api-key": "sandbox", "anthropic-version": "2026-10-21" };
const sandbox = createSandbox({ clock: new ManualClock() });
const open: SandboxListener[] = [];

async function serve(): Promise<string> {
  const listener = await sandbox.listen(0);
  open.push(listener);
  return listener.url;
}

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

describe("on a socket", () => {
  it("makes absolute links with the address that the caller used", async () => {
    const url = (await serve()).replace("127.0.0.1", "localhost");
    const body = JSON.stringify({ requests: [{ custom_id: "a", params: HELLO }] });
    const made = await fetch(`${url}/v1/messages/batches`, { method: "POST", headers: HEADERS, body });
    const { id } = (await made.json()) as { id: string };
    sandbox.advance(2_000);
    const batch = (await (await fetch(`${url}/v1/messages/batches/${id}`, { headers: HEADERS })).json()) as {
      results_url: string;
    };
    expect(batch.results_url).toBe(`${url}/v1/messages/batches/${id}/results`);
    expect(await (await fetch(batch.results_url, { headers: HEADERS })).text()).toContain('"custom_id":"a"');
  });

  it("takes a large upload as it comes", async () => {
    const url = await serve();
    const reply = await fetch(`${url}/v1/files`, {
      method: "POST",
      headers: HEADERS,
      body: fileForm("x".repeat(20_000_000), "big.txt"),
    });
    expect(await reply.json()).toMatchObject({ size_bytes: 20_000_000, filename: "big.txt" });
  });

  it("answers 413 to a body beyond the cap", async () => {
    const url = await serve();
    const reply = await fetch(`${url}/v1/messages`, { method: "POST", headers: HEADERS, body: " ".repeat(32_000_001) });
    expect(reply.status).toBe(413);
  });

  it("breaks the connection, before the answer or within a stream", async () => {
    const url = await serve();
    const post = () =>
      fetch(`${url}/v1/messages`, {
        method: "POST",
        headers: HEADERS,
        body: JSON.stringify({ ...HELLO, stream: true }),
      });
    sandbox.faults.add({ kind: "reset" });
    await expect(post()).rejects.toThrow("fetch failed");
    sandbox.faults.add({ kind: "stream_reset", afterEvents: 3 });
    const cut = await post();
    expect(cut.status).toBe(200);
    await expect(cut.text()).rejects.toThrow("terminated");
    expect(await (await post()).text()).toContain("message_stop");
  });

  it("says that its port is taken", async () => {
    const { port } = new URL(await serve());
    await expect(sandbox.listen(Number(port))).rejects.toMatchObject({
      code: "port_taken",
      message: expect.stringContaining(port),
    });
  });
});
