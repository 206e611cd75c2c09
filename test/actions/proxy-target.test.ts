import { expect, test } from "vitest";
import { proxyTarget } from "../../src/actions/proxy-target.ts";

const GROUND = { origin: "https://api.example", path: "/v1", settings: {} };
const target = (asked: string) => proxyTarget(GROUND, asked, new Set(["connection"]));

test.each([
  ["/v1/models", "https://api.example/v1/models", "/models"],
  ["/models", "https://api.example/v1/models", "/models"],
  ["/v1", "https://api.example/v1", ""],
  ["", "https://api.example/v1/", "/"],
  ["/v1x/models", "https://api.example/v1/v1x/models", "/v1x/models"],
  ["/files/a%2Fb", "https://api.example/v1/files/a%2Fb", "/files/a%2Fb"],
  ["/files/./a/../b", "https://api.example/v1/files/b", "/files/b"],
  ["/../../etc/passwd", "https://api.example/v1/etc/passwd", "/etc/passwd"],
  ["/v1/%2e%2e/%2E./models", "https://api.example/v1/models", "/models"],
  ["//evil.example/x", "https://api.example/v1//evil.example/x", "//evil.example/x"],
  ["/\\evil.example/x", "https://api.example/v1//evil.example/x", "//evil.example/x"],
  ["@evil.example", "https://api.example/v1/@evil.example", "/@evil.example"],
  ["/models?limit=5&connection=work&ids[]=a", "https://api.example/v1/models?limit=5&ids[]=a", "/models"],
  ["/models?connection=work", "https://api.example/v1/models", "/models"],
  ["/models?next=/../x#part", "https://api.example/v1/models?next=/../x", "/models"],
])("%s becomes %s", (asked, href, path) => {
  const { url, path: below } = target(asked);
  expect([url.href, below]).toEqual([href, path]);
});

test.each([
  "/files/..%2f..%2forganizations",
  "/files/%2e%2e%2forganizations",
  "/a/..%5cb",
  "/a/%252e%252e/b",
  "/a/..;x/b",
])("%s is refused: the provider may take it for a step up", (asked) => {
  expect(() => target(asked)).toThrow(expect.objectContaining({ code: "invalid_input", status: 400 }));
});
