import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { idsOf, openSandbox } from "./caller.ts";

const DAY = 86_400_000;

describe("the models", () => {
  it("are listed newest first, the retired ones left out", async () => {
    const { call } = openSandbox();
    const ids = idsOf((await call("GET", "/v1/models")).json);
    expect(ids[0]).toBe("claude-fable-5-2");
    expect(ids.at(-1)).toBe("claude-sonnet-4-5-20250929");
    expect(ids).toContain("claude-opus-5-5");
    expect(ids).not.toContain("claude-3-opus-20240229");
  });

  it("are filtered by lifecycle", async () => {
    const { call } = openSandbox();
    const listed = async (...lifecycles: string[]) => {
      const query = lifecycles.map((lifecycle) => `lifecycle[]=${lifecycle}`).join("&");
      return idsOf((await call("GET", `/v1/models?limit=1000&${query}`)).json);
    };
    expect(await listed("retired")).toEqual(["claude-sonnet-4-20250514", "claude-3-opus-20240229"]);
    expect(await listed("deprecated")).toEqual(["claude-sonnet-4-5-20250929"]);
    expect(await listed("active", "deprecated", "retired")).toHaveLength(20);
    expect((await call("GET", "/v1/models?lifecycle[]=new")).status).toBe(400);
  });

  it("are read by id or alias, retired ones too", async () => {
    const { call } = openSandbox();
    expect((await call("GET", "/v1/models/claude-haiku-4-5")).json.id).toBe("claude-haiku-4-5-20251001");
    expect((await call("GET", "/v1/models/claude-3-opus-20240229")).json.lifecycle).toBe("retired");
    expect((await call("GET", "/v1/models/claude-9")).error).toBe("not_found_error: model: claude-9");
  });

  it("have the API's full shape", async () => {
    const { call } = openSandbox();
    const model = (await call("GET", "/v1/models/claude-opus-5-5")).json;
    expect(model).toMatchObject({
      type: "model",
      display_name: "Claude Opus 5.5",
      created_at: "2026-09-24T00:00:00Z",
      lifecycle: "active",
      deprecated_at: null,
      retires_at: null,
      line: "opus",
      max_input_tokens: 1_000_000,
      max_tokens: 128_000,
    });
    expect(Object.keys(model.capabilities as JsonObject)).toHaveLength(10);
  });

  it("retire by the clock", async () => {
    const { call, sandbox } = openSandbox();
    const lifecycle = async () => (await call("GET", "/v1/models/claude-sonnet-4-5")).json.lifecycle;
    expect(await lifecycle()).toBe("deprecated");
    sandbox.advance(10 * DAY);
    expect(await lifecycle()).toBe("retired");
    expect(idsOf((await call("GET", "/v1/models")).json)).not.toContain("claude-sonnet-4-5-20250929");
  });

  it("appear, retire and go away by hand", async () => {
    const { call, sandbox } = openSandbox();
    const ids = async () => idsOf((await call("GET", "/v1/models")).json);
    sandbox.world.addModel({ id: "claude-opus-6" });
    expect((await ids())[0]).toBe("claude-opus-6");
    expect((await call("GET", "/v1/models/claude-opus-6")).json.display_name).toBe("Claude Opus 6");
    expect(sandbox.world.retireModel("claude-opus-6")).toBe(true);
    expect(await ids()).not.toContain("claude-opus-6");
    expect(sandbox.world.removeModel("claude-opus-6")).toBe(true);
    expect((await call("GET", "/v1/models/claude-opus-6")).status).toBe(404);
  });

  it("join further down when access to an older one is granted", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.world.addModel({ id: "claude-mythos-preview", createdAt: Date.UTC(2026, 3, 7) });
    const ids = idsOf((await call("GET", "/v1/models")).json);
    expect(ids.indexOf("claude-mythos-preview")).toBe(ids.indexOf("claude-opus-4-7") + 1);
  });

  it("are none in a sandbox without seed data", async () => {
    const { call } = openSandbox({ seedData: false });
    expect((await call("GET", "/v1/models")).json).toEqual({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
  });
});
