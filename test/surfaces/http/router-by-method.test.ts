import { Hono } from "hono";
import { expect, test } from "vitest";
import { RouterByMethod } from "../../../src/surfaces/http/router-by-method.ts";

const app = new Hono({ router: new RouterByMethod() });
const answer = async (method: string, path: string) => (await app.request(path, { method })).text();
const route = (method: string, path: string, name: string) =>
  app.on(method, path, (c) => c.text(`${name} ${JSON.stringify(c.req.param())}`));

route("GET", "/things/stream", "stream");
route("GET", "/things/:id", "get");
route("POST", "/things/:id/run", "run");
app.all("/way/:name/*", (c) => c.text(`way ${c.req.param("name")}`));

test.each([
  ["GET", "/things/stream", "stream {}"],
  ["GET", "/things/one", 'get {"id":"one"}'],
  ["GET", "/things/a%2Fb", 'get {"id":"a/b"}'],
  ["POST", "/things/stream/run", 'run {"id":"stream"}'],
  ["GET", "/way/x/y/z", "way x"],
  ["POST", "/way/x/y", "way x"],
  ["PURGE", "/way/x/y", "way x"],
  ["POST", "/things/one", "404 Not Found"],
  ["PURGE", "/things/one", "404 Not Found"],
])("%s %s", async (method, path, expected) => {
  expect(await answer(method, path)).toBe(expected);
});

test("methods that callers invent find what takes all methods, and nothing else", async () => {
  for (let n = 0; n < 50; n++) {
    expect(await answer(`INVENTED${n}`, "/way/x/y")).toBe("way x");
    expect(await answer(`INVENTED${n}`, "/things/one")).toBe("404 Not Found");
  }
});

test("a route that comes later counts too", async () => {
  const late = new Hono({ router: new RouterByMethod() });
  expect((await late.request("/a")).status).toBe(404);
  late.get("/a", (c) => c.text("a"));
  expect(await (await late.request("/a")).text()).toBe("a");
});
