import { describe, expect, it } from "vitest";
import { z } from "zod";
import { command, invoke } from "../src/command.ts";
import type { Context } from "../src/context.ts";
import type { Scope } from "../src/model/actor.ts";

/** Runs a command with these scopes; tells whether it ran. */
async function run(scopes: Scope[], input: unknown) {
  let ran = false;
  const target = command({
    name: "things.create",
    summary: "Make a thing.",
    scope: "connections",
    http: { method: "POST", path: "/v1/things" },
    input: z.strictObject({ name: z.string(), tags: z.strictObject({ color: z.string() }).optional() }),
    async run() {
      ran = true;
      return { kind: "value", value: null };
    },
  });
  const actor = { keyId: "key_1", name: "test", scopes, connections: null };
  const error = await invoke(target, { actor } as unknown as Context, input).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { ran, error };
}

describe("invoke", () => {
  it("runs a command for its scope, and for admin", async () => {
    expect(await run(["connections"], { name: "a" })).toEqual({ ran: true, error: null });
    expect(await run(["admin"], { name: "a" })).toEqual({ ran: true, error: null });
  });

  it("refuses a lacking scope before it looks at the input", async () => {
    expect(await run(["actions:read"], {})).toMatchObject({ ran: false, error: { code: "forbidden" } });
  });

  it("names every mistake by its member, and the member that was probably meant", async () => {
    const { ran, error } = await run(["connections"], { nmae: "a", tags: { colour: "red" } });
    expect(ran).toBe(false);
    expect(error).toMatchObject({ code: "invalid_input" });
    expect((error as { errors: unknown[] }).errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ at: "name" }),
        expect.objectContaining({ at: "tags.color" }),
        expect.objectContaining({ at: "tags.colour", message: "it is not known here" }),
        expect.objectContaining({ at: "nmae", message: 'it is not known here. Did you mean "name"?' }),
      ]),
    );
  });
});
