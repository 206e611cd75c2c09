import { expect, test } from "vitest";
import { towardsCaller, towardsProvider } from "../../src/actions/proxy-headers.ts";

test("towards the provider go the caller's own, less credentials and what is of the way here", () => {
  const kept = {
    accept: "*/*",
    "anthropic-beta": "a,b",
    "idempotency-key": "k",
    "x-stainless-lang": "js",
    "user-agent": "u",
  };
  const dropped = (
    "authorization x-api-key x-admin cookie host forwarded x-forwarded-for x-forwarded-host tidewire-connection " +
    "tidewire-anything connection keep-alive proxy-authorization te trailer transfer-encoding upgrade expect " +
    "x-http-method-override x-original-url"
  ).split(" ");
  const given = { ...kept, ...Object.fromEntries(dropped.map((name) => [name, "x"])) };
  expect(towardsProvider(given, {}, new Set(["x-admin"]))).toEqual(kept);
});

test("what the manifest presets goes where the caller says nothing", () => {
  const presets = { "anthropic-version": "2023-06-01", "anthropic-beta": "a" };
  expect(towardsProvider({ "anthropic-beta": "b" }, presets, new Set())).toEqual({ ...presets, "anthropic-beta": "b" });
  expect(presets["anthropic-beta"]).toBe("a");
});

test("towards the caller come the provider's, less cookies and what is of the connection", () => {
  const kept = {
    "content-type": "text/plain",
    "request-id": "req_1",
    "anthropic-ratelimit-requests-limit": "5",
    etag: '"1"',
  };
  const dropped = {
    "set-cookie": "a=1",
    connection: "close",
    "keep-alive": "timeout=5",
    "transfer-encoding": "chunked",
  };
  expect(towardsCaller({ ...kept, ...dropped })).toEqual(kept);
});

test("what the Connection header names goes no further, either way", () => {
  const headers = { connection: "close, X-Secret-Hop", "x-secret-hop": "1", "x-other": "2" };
  expect(towardsProvider(headers, {}, new Set())).toEqual({ "x-other": "2" });
  expect(towardsCaller(headers)).toEqual({ "x-other": "2" });
});
