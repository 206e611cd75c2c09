import { expect, test } from "vitest";
import { createAuthenticate } from "../../../src/access/authenticate.ts";
import { commands } from "../../../src/connections/commands.ts";
import { createMeters } from "../../../src/observe/meters.ts";
import { createHttpApp, type HttpDeps } from "../../../src/surfaces/http/server.ts";
import { Desk } from "../../delivery/desk.ts";

async function appWith(given: Partial<HttpDeps>) {
  const { ports } = await Desk.open();
  return createHttpApp({
    ports,
    authenticate: createAuthenticate(ports, `tw_${"k".repeat(32)}`),
    routes: [],
    catalog: () => [],
    readiness: async () => ({ ready: true }),
    metrics: async () => ({ contentType: "text/plain", text: "" }),
    meters: createMeters(),
    ...given,
  });
}

test("the OpenAPI document, which anybody may ask for, is made once", async () => {
  let made = 0;
  const app = await appWith({
    catalog() {
      made += 1;
      return [];
    },
  });
  const [first, second] = [await app.request("/openapi.json"), await app.request("/openapi.json")];
  expect(first.headers.get("content-type")).toBe("application/json");
  expect(await second.json()).toEqual(await first.json());
  expect(made).toBe(1);
});

test.each([
  ["POST", "/health/live", "GET, HEAD"],
  ["POST", "/health/ready", "GET, HEAD"],
  ["DELETE", "/metrics", "GET, HEAD"],
  ["POST", "/openapi.json", "GET, HEAD"],
  ["GET", "/inbound/claude-api/default", "POST"],
  ["POST", "/oauth/callback", "GET, HEAD"],
  ["PUT", "/v1/connections/con_1", "GET, HEAD, PATCH, DELETE"],
])("%s %s is 405, with the methods that are allowed", async (method, path, allow) => {
  const app = await appWith({ routes: commands });
  const answer = await app.request(path, { method });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
  expect(await answer.json()).toMatchObject({ code: "method_not_allowed", detail: expect.stringContaining(allow) });
});

test("a path that is nobody's is 404, without a word of methods", async () => {
  const answer = await (await appWith({ routes: commands })).request("/v1/nothing", { method: "POST" });
  expect([answer.status, answer.headers.get("allow")]).toEqual([404, null]);
});
