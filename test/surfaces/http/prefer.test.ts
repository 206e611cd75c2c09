import { describe, expect, it } from "vitest";
import { prefersAsync } from "../../../src/surfaces/http/prefer.ts";

describe("Prefer (RFC 7240)", () => {
  it.each([
    "respond-async",
    "Respond-Async",
    "respond-async; foo=bar",
    "return=minimal, respond-async",
    "wait=10,respond-async ,handling=lenient",
  ])("%s asks not to wait", (header) => {
    expect(prefersAsync(header)).toBe(true);
  });

  it.each([
    undefined,
    "",
    "return=minimal",
    "respond-async=no",
    "not-respond-async",
    "respond-asynchronously",
    "wait=10",
  ])("%s does not", (header) => {
    expect(prefersAsync(header)).toBe(false);
  });
});
