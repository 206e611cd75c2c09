import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode, TidewireError } from "../../../src/kernel/errors.ts";
import { toProblem } from "../../../src/surfaces/http/problem.ts";

describe("a problem", () => {
  it("has every member of RFC 9457, the stable code, the mistakes and the request id", () => {
    const errors = [{ at: "url", message: "is none", code: "required" }];
    expect(toProblem(new TidewireError("invalid_input", "url: is none", { errors }), "req_1")).toEqual({
      status: 400,
      headers: {
        "content-type": "application/problem+json",
        "x-content-type-options": "nosniff",
        "x-request-id": "req_1",
      },
      body: {
        type: "https://tidewire.dev/errors/invalid_input",
        title: "The input is not valid",
        status: 400,
        detail: "url: is none",
        code: "invalid_input",
        errors,
        request_id: "req_1",
      },
    });
  });

  it("answers each code with its own status", () => {
    for (const [code, [status]] of Object.entries(ERROR_CODES)) {
      const problem = toProblem(new TidewireError(code as ErrorCode, "x"), "req_1");
      expect([problem.status, problem.body.status, problem.body.code]).toEqual([status, status, code]);
    }
  });

  it("passes the provider's status and words on, and keeps the cause to itself", () => {
    const upstream = { status: 404, type: "not_found_error", message: "gone", request_id: "req_up", attempts: 1 };
    const cause = new Error("sk-secret");
    const problem = toProblem(
      new TidewireError("upstream_error", "it failed", { status: 404, upstream, cause }),
      "req_1",
    );
    expect(problem).toMatchObject({ status: 404, body: { status: 404, code: "upstream_error", upstream } });
    expect(JSON.stringify(problem)).not.toContain("sk-secret");
  });

  it.each([
    [0, "0"],
    [1, "1"],
    [999, "1"],
    [1_000, "1"],
    [1_001, "2"],
    [59_999, "60"],
  ])("rounds a wait of %i ms up to whole seconds: %s", (retryAfterMs, header) => {
    const { headers } = toProblem(new TidewireError("rate_limited", "x", { retryAfterMs }), "req_1");
    expect(headers["retry-after"]).toBe(header);
  });

  it("says no wait where there is none, and asks for a key where one lacks", () => {
    expect(toProblem(new TidewireError("rate_limited", "x"), "req_1").headers).not.toHaveProperty("retry-after");
    expect(toProblem(new TidewireError("unauthorized", "x"), "req_1").headers["www-authenticate"]).toBe(
      'Bearer realm="tidewire"',
    );
    expect(toProblem(new TidewireError("forbidden", "x"), "req_1").headers).not.toHaveProperty("www-authenticate");
  });
});
