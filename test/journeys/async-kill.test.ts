import { expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { ROOT_KEY, serverSettings, startServer } from "../support/process.ts";
import { silence, Upstream } from "../support/upstream.ts";

it("a server that is killed while a call that changes something is under way never makes it again, and says so", async () => {
  const upstream = await Upstream.start(silence);
  const env = serverSettings();
  let { server, url } = await startServer(env);
  const api = async (method: string, path: string, body?: JsonObject) => {
    const headers = {
      authorization: `Bearer ${ROOT_KEY}`,
      "content-type": "application/json",
      prefer: "respond-async",
    };
    const response = await fetch(url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    expect(response.status).toBeLessThan(300);
    return ((await response.json()) as { result: JsonObject }).result;
  };
  const posts = () => upstream.seen.filter(({ method }) => method === "POST");
  try {
    await api("POST", "/v1/connections?probe=false", {
      connector: "claude-api",
      name: "work",
      credentials: { apiKey: "sk-ant-test" },
      params: { baseUrl: `${upstream.url}/v1` },
    });
    const message = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] };
    const { id } = await api("POST", "/v1/connectors/claude-api/operations/messages.create", message);
    // Pollers ask the provider too.
    for (let seen = 1; posts().length === 0; seen++) await upstream.arrived(seen);
    server.kill("SIGKILL");
    await server.ended;
    ({ server, url } = await startServer(env));
    expect(await api("GET", `/v1/jobs/${String(id)}?wait=20s`)).toMatchObject({
      state: "failed",
      error: { code: "outcome_unknown" },
    });
    expect(posts()).toHaveLength(1);
  } finally {
    server.kill("SIGKILL");
    await server.ended;
    await upstream.stop();
  }
}, 60_000);
