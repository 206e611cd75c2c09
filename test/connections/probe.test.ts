import { afterEach, beforeEach, expect, test } from "vitest";
import { Harness } from "../support/harness.ts";
import { Upstream } from "../support/upstream.ts";

let tidewire: Harness;
beforeEach(async () => {
  tidewire = await Harness.start();
});
afterEach(() => tidewire.end());

const connect = (adminKey: string, baseUrl = `${tidewire.upstreamUrl}/v1`) =>
  tidewire.api("POST", "/v1/connections", {
    connector: "claude-api",
    name: "work",
    credentials: { apiKey: "sk-ant-api03-good", adminKey },
    params: { baseUrl },
  });

test("a further credential is proved like the first one: a wrong admin key was found out at the first call that needed it", async () => {
  const refused = await connect("sk-ant-api03-not-an-admin-key");
  expect([refused.status, refused.body.code]).toEqual([400, "credential_rejected"]);
  const made = await connect("sk-ant-admin01-good");
  expect(made.status).toBe(201);
  const { id } = made.body.result as { id: string };
  const changed = await tidewire.api("PATCH", `/v1/connections/${id}`, { credentials: { adminKey: "sk-ant-wrong" } });
  expect([changed.status, changed.body.code]).toEqual([400, "credential_rejected"]);
  const without = await tidewire.api("PATCH", `/v1/connections/${id}`, { credentials: { adminKey: null } });
  expect(without.status).toBe(200);
});

test("a provider that says nothing about a further credential does not say that it is wrong", async () => {
  const upstream = await Upstream.start((response, { url }) => {
    response.statusCode = url.startsWith("/v1/models") ? 200 : 404;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ data: [], has_more: false, first_id: null, last_id: null }));
  });
  const made = await connect("sk-ant-admin01-good", `${upstream.url}/v1`);
  expect(made.status).toBe(201);
  expect(upstream.seen.map(({ url, headers }) => [url, headers["x-api-key"]])).toContainEqual([
    "/v1/organizations/me",
    "sk-ant-admin01-good",
  ]);
  expect(tidewire.logs.join("")).toContain("a credential could not be proved");
  await upstream.stop();
});
