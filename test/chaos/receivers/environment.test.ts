import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { answerWith, type Peer, startPeer } from "../../net/peer.ts";
import { ROOT_KEY, serverSettings, startServer } from "../../support/process.ts";

async function peer(answer: string): Promise<Peer> {
  const started = await startPeer((socket) => socket.write(answer));
  onTestFinished(() => started.close());
  return started;
}

/** A subscription's trial on a server process with these settings more. */
async function trialOn(more: Record<string, string>, url: string): Promise<JsonObject> {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-environment-"));
  const started = await startServer({ ...serverSettings(folder), ...more });
  try {
    const post = async (path: string, body: JsonObject) => {
      const headers = { authorization: `Bearer ${ROOT_KEY}`, "content-type": "application/json" };
      const answer = await fetch(started.url + path, { method: "POST", headers, body: JSON.stringify(body) });
      return ((await answer.json()) as { result: JsonObject }).result;
    };
    const { id } = await post("/v1/subscriptions", { url, events: ["files.*"] });
    return await post(`/v1/subscriptions/${String(id)}/test`, {});
  } finally {
    started.server.kill("SIGTERM");
    await started.server.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a process calls directly, whatever proxies its environment names and though Node is told to heed them", async () => {
  const receiver = await peer(answerWith("direct"));
  const proxy = await peer(answerWith("from the proxy"));
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
  const environment = Object.fromEntries(names.map((name) => [name, proxy.url]));
  const outcome = await trialOn({ ...environment, NO_PROXY: "", no_proxy: "", NODE_USE_ENV_PROXY: "1" }, receiver.url);
  expect(outcome).toMatchObject({ class: "ok", response_body: "direct" });
  expect(proxy.connections).toBe(0);
});

test("TIDEWIRE_OUTBOUND_PROXY carries what is public: it is asked for the address", async () => {
  const asked: string[] = [];
  const proxy = await startPeer((socket, request) => {
    asked.push(request.split("\r\n")[0] ?? "");
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  onTestFinished(() => proxy.close());
  const outcome = await trialOn({ TIDEWIRE_OUTBOUND_PROXY: proxy.url, NO_PROXY: "*" }, "https://1.1.1.1/hook");
  expect(outcome).toMatchObject({ class: "connect", status: null, error: expect.stringContaining("403") as string });
  expect(asked).toEqual(["CONNECT 1.1.1.1:443 HTTP/1.1"]);
});
