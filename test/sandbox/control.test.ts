import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import { HELLO, openSandbox } from "./caller.ts";

const NO_KEY = { "x-api-key": null, "anthropic-version": null };

function open() {
  const caller = openSandbox();
  const knob = (method: string, path: string, body?: Json) => caller.call(method, `/_sandbox${path}`, body, NO_KEY);
  return { ...caller, knob };
}

describe("the knobs over HTTP", () => {
  it("show how things stand", async () => {
    const { knob } = open();
    expect((await knob("GET", "")).json).toMatchObject({
      now: "2026-11-20T08:00:00.000000Z",
      advanced_ms: 0,
      message_batches: 0,
      files: 0,
      skills: 4,
      users: 9,
      pending_invites: 1,
      workspaces: 4,
      api_keys: 5,
      faults: [],
      knobs: expect.arrayContaining([expect.stringContaining("/_sandbox/clock")]),
    });
  });

  it("turn the clock on", async () => {
    const { knob } = open();
    expect((await knob("POST", "/clock", { advance: "24h" })).json.now).toBe("2026-11-21T08:00:00.000000Z");
    expect((await knob("POST", "/clock", { advance: 1_000 })).json.advanced_ms).toBe(86_401_000);
    for (const advance of ["soon", true]) expect((await knob("POST", "/clock", { advance })).status).toBe(400);
  });

  it("launch and retire models", async () => {
    const { knob, call } = open();
    await knob("POST", "/models", { id: "claude-opus-6", display_name: "Six", created_at: "2026-11-19T00:00:00Z" });
    const model = async () => (await call("GET", "/v1/models/claude-opus-6")).json;
    expect(await model()).toMatchObject({
      display_name: "Six",
      created_at: "2026-11-19T00:00:00Z",
      lifecycle: "active",
    });
    expect((await knob("DELETE", "/models/claude-opus-6")).status).toBe(200);
    expect((await model()).lifecycle).toBe("retired");
    expect((await knob("DELETE", "/models/claude-9")).status).toBe(400);
    expect((await knob("POST", "/models", {})).status).toBe(400);
  });

  it("make files appear and go", async () => {
    const { knob, call } = open();
    expect((await knob("POST", "/files", { filename: "a.csv", mime_type: "text/csv", content: "x" })).json.files).toBe(
      1,
    );
    const [file] = (await call("GET", "/v1/files")).json.data as { id: string }[];
    expect((await call("GET", `/v1/files/${file?.id}/content`)).text).toBe("x");
    expect((await knob("DELETE", `/files/${file?.id}`)).json.files).toBe(0);
  });

  it("make people join and leave, and keys appear", async () => {
    const { knob, admin } = open();
    expect((await knob("POST", "/users", { email: "lea@example.com", role: "admin" })).json.users).toBe(10);
    const [user] = (await admin("GET", "/users?email=lea@example.com")).json.data;
    expect(user).toMatchObject({ name: "lea", role: "admin" });
    expect((await knob("DELETE", `/users/${user?.id}`)).json.users).toBe(9);
    expect((await knob("DELETE", `/users/${user?.id}`)).status).toBe(400);
    const [invite] = (await admin("GET", "/invites?statuses[]=pending")).json.data;
    expect((await knob("POST", `/invites/${invite?.id}/accept`)).json).toMatchObject({ users: 10, pending_invites: 0 });
    expect((await knob("POST", `/invites/${invite?.id}/accept`)).status).toBe(400);
    expect((await knob("POST", "/api_keys", { name: "Backend" })).json.api_keys).toBe(6);
    expect((await admin("GET", "/api_keys?limit=1")).json.data[0]?.name).toBe("Backend");
    expect((await knob("POST", "/api_keys", { name: "Backend", workspace_id: "wrkspc_none" })).status).toBe(404);
    const bad: Json[] = [{}, { email: "lea" }, { email: "lea@example.com", role: "boss" }];
    for (const body of bad) {
      expect((await knob("POST", "/users", body)).status).toBe(400);
    }
  });

  it("hold and release batches", async () => {
    const { knob, call } = open();
    await knob("POST", "/faults", { hold_batches: true });
    const { id } = (await call("POST", "/v1/messages/batches", { requests: [{ custom_id: "a", params: HELLO }] })).json;
    const status = async () => (await call("GET", `/v1/messages/batches/${id}`)).json.processing_status;
    await knob("POST", "/clock", { advance: "1h" });
    expect(await status()).toBe("in_progress");
    expect((await knob("POST", `/batches/${id}/release`)).status).toBe(200);
    await knob("POST", "/clock", { advance: "2s" });
    expect(await status()).toBe("ended");
    expect((await knob("POST", `/batches/${id}/hold`)).status).toBe(400);
  });

  it("script faults and clear them", async () => {
    const { knob, call } = open();
    const set = await knob("POST", "/faults", { kind: "overloaded", path: "/v1/models", times: 2 });
    expect(set.json.faults).toEqual([{ kind: "overloaded", path: "/v1/models", times: 2, skip: 0 }]);
    expect((await call("GET", "/v1/models")).status).toBe(529);
    expect((await knob("DELETE", "/faults")).json.faults).toEqual([]);
    expect((await call("GET", "/v1/models")).status).toBe(200);
    expect((await knob("POST", "/faults", { kind: "x" })).status).toBe(400);
  });
});
