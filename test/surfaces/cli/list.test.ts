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
    expect(await desk.json("list", "models")).toEqual({
      operations: [
        { connector: "claude-api", name: "models.list", kind: "query", effect: "none", method: "GET", path: "/models" },
        {
          connector: "claude-api",
          name: "models.read",
          kind: "query",
          effect: "none",
          method: "GET",
          path: "/models/{model_id}",
        },
      ],
      events: [{ connector: "claude-api", type: "models.created" }],
    });
    expect(await desk.json("list", "weather")).toEqual({ operations: [], events: [] });
  });

  it("shows what one operation takes", async () => {
    const { out } = await desk.run("list", "files.upload");
    expect(out).toMatch(/^--file +@file, required/m);
    expect((await desk.run("list", "message_batches.list")).out).toMatch(/^--limit +integer +\S/m);
    const shown = (await desk.json("list", "files.upload")) as { operations: JsonObject[] };
    expect(shown.operations).toMatchObject([{ name: "files.upload", input: { required: ["file"] } }]);
  });
});
