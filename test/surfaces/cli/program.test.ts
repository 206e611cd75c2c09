import { afterAll, describe, expect, it } from "vitest";
import { VERSION } from "../../../src/version.ts";
import { Desk, errorOf } from "./rig.ts";

const COMMANDS =
  "serve demo sandbox call list lint explain schema keys config connections subscriptions deliveries pollers jobs events listen".split(
    " ",
  );

describe("the command line", () => {
  const desk = new Desk();
  afterAll(() => desk.close());

  it("tells its version", async () => {
    expect(await desk.run("--version")).toMatchObject({ code: 0, out: `${VERSION}\n`, err: "" });
  });

  it("tells its commands, and each of them itself", async () => {
    const help = await desk.run("--help");
    expect(help).toMatchObject({ code: 0, err: "" });
    for (const command of COMMANDS) {
      expect(help.out).toMatch(new RegExp(`^  ${command} `, "m"));
      const own = await desk.run(command, "--help");
      expect(own).toMatchObject({ code: 0, err: "" });
      expect(own.out).toContain(`Usage: tidewire ${command}`);
      expect(own.out).toContain("--json");
    }
  });

  it.each([
    ["nothing", [], "Usage: tidewire"],
    ["half a command", ["keys"], "Usage: tidewire keys"],
    ["an unknown command", ["lst"], "Did you mean list?"],
    ["an unknown flag", ["list", "--jsn"], "Did you mean --json?"],
    ["a missing argument", ["keys", "revoke"], "missing required argument 'id'"],
    ["a missing flag", ["keys", "create", "zapier"], "--scopes"],
    ["one argument too many", ["list", "a", "b"], "too many arguments"],
  ])("ends with 2 for %s", async (_, argv, words) => {
    const ran = await desk.run(...argv);
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toContain(words);
    const asJson = await desk.run(...argv, "--json");
    expect(asJson).toMatchObject({ code: 2, out: "" });
    expect(errorOf(asJson).code).toBe("invalid_input");
  });
});
