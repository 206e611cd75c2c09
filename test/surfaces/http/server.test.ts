import { expect, test } from "vitest";
import { createAuthenticate } from "../../../src/access/authenticate.ts";
import { createMeters } from "../../../src/observe/meters.ts";
import { createHttpApp } from "../../../src/surfaces/http/server.ts";
import { Desk } from "../../delivery/desk.ts";

test("the OpenAPI document, which anybody may ask for, is made once", async () => {
  const { ports } = await Desk.open();
  let made = 0;
  const app = createHttpApp({
    ports,
    authenticate: createAuthenticate(ports, `tw_${"k".repeat(32)}`),
    routes: [],
    catalog() {
      made += 1;
      return [];
    },
    readiness: async () => ({ ready: true }),
    metrics: async () => ({ contentType: "text/plain", text: "" }),
    meters: createMeters(),
  });
  const [first, second] = [await app.request("/openapi.json"), await app.request("/openapi.json")];
  expect(first.headers.get("content-type")).toBe("application/json");
  expect(await second.json()).toEqual(await first.json());
  expect(made).toBe(1);
});
