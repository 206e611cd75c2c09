import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { Desk } from "./rig.ts";

describe("tidewire list", () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = new Desk();
    await desk.serve();
  });
  afterAll(() => desk.close());

  it("shows every operation with what it does, and every event", async () => {
    const { code, out, err } = await desk.run("list");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^files\.upload +create +Upload a file/m);
    expect(out).toMatch(/^files\.list +query +/m);
    expect(out).toMatch(/^files\.delete +delete +/m);
    expect(out).toMatch(/^message_batches\.expired$/m);
  });

  it("shows those that a text is part of", async () => {
    const model = { connector: "claude-api", kind: "query", effect: "none", method: "GET", available: true };
    const fine = { deprecated: null, unsupported: null };
    expect(await desk.json("list", "models")).toEqual({
      operations: [
        { ...model, name: "models.list", path: "/models", ...fine },
        { ...model, name: "models.read", path: "/models/{model_id}", ...fine },
      ],
      events: [{ connector: "claude-api", type: "models.created" }],
    });
    expect(await desk.json("list", "weather")).toEqual({ operations: [], events: [] });
  });

  it("leaves out what needs a credential that the account lacks, and what the API cannot do", async () => {
    const names = async (...argv: string[]) => {
      const shown = (await desk.json("list", ...argv)) as { operations: JsonObject[] };
      return shown.operations.map(({ name }) => name);
    };
    expect(await names("--connection", "sandbox")).toContain("users.list");
    expect(await names()).not.toContain("messages.list");
    expect(await names("--all")).toContain("messages.list");
    const { out } = await desk.run("list", "--all");
    expect(out).toMatch(/^messages\.list +query +Unsupported: The API keeps no messages/m);
    expect(out).toMatch(/^prompt_tools\.generate +action +Deprecated: Retired by Anthropic/m);
    expect((await desk.run("list", "--connection", "nobody")).err).toContain("nobody");
  });

  it("shows what one operation takes", async () => {
    const { out } = await desk.run("list", "files.upload");
    expect(out).toMatch(/^--file +@file, required/m);
    expect((await desk.run("list", "message_batches.list")).out).toMatch(/^--limit +integer +\S/m);
    const shown = (await desk.json("list", "files.upload")) as { operations: JsonObject[] };
    expect(shown.operations).toMatchObject([{ name: "files.upload", input: { required: ["file"] } }]);
  });
});
