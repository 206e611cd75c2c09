import { describe, expect, it } from "vitest";
import { redactHeaders, redactUrl } from "../../src/net/redact.ts";

describe("redactHeaders", () => {
  it.each([
    "authorization",
    "Authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "ocp-apim-subscription-key",
    "cookie",
    "set-cookie",
    "x-auth-token",
    "x-amz-security-token",
    "webhook-signature",
    "x-hub-signature",
    "client-secret",
    "private-token",
  ])("masks %s", (name) => expect(redactHeaders({ [name]: "hunter2" }, [])).toEqual({ [name]: "[secret]" }));

  it.each([
    "content-type",
    "request-id",
    "idempotency-key",
    "anthropic-version",
    "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-input-tokens-limit",
    "retry-after",
    "webhook-id",
    "etag",
  ])("shows %s", (name) => expect(redactHeaders({ [name]: "x" }, [])).toEqual({ [name]: "x" }));

  it("masks what it is told to, in any case", () => {
    expect(redactHeaders({ "x-tenant": "a", "x-b": "b" }, ["X-Tenant"])).toEqual({
      "x-tenant": "[secret]",
      "x-b": "b",
    });
  });
});

describe("redactUrl", () => {
  it.each([
    ["https://example.com/v1/x?limit=10&page=page_abc", "https://example.com/v1/x?limit=10&page=page_abc"],
    ["https://user:hunter2@example.com/", "https://[secret]@example.com/"],
    ["https://a@b:hunter2@example.com/", "https://[secret]@example.com/"],
    ["https://example.com/@home?to=a@b.c", "https://example.com/@home?to=a@b.c"],
    ["https://example.com/?key=k&x=1", "https://example.com/?key=[secret]&x=1"],
    ["https://example.com/?x=1&API_KEY=a%26b&y=2#top", "https://example.com/?x=1&API_KEY=[secret]&y=2#top"],
    ["https://example.com/?access_token=a=b&page_token=p", "https://example.com/?access_token=[secret]&page_token=p"],
    [
      "https://example.com/?X-Amz-Signature=a&X-Amz-Credential=b",
      "https://example.com/?X-Amz-Signature=[secret]&X-Amz-Credential=[secret]",
    ],
    ["https://example.com/?max_tokens=5&token", "https://example.com/?max_tokens=5&token"],
    ["no url?password=p", "no url?password=[secret]"],
  ])("shows %s as %s", (url, shown) => expect(redactUrl(url)).toBe(shown));

  it("masks the parameters it is told to", () => {
    expect(redactUrl("https://example.com/?tenant=a", ["Tenant"])).toBe("https://example.com/?tenant=[secret]");
  });
});
