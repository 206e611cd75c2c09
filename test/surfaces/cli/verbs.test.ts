import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILT_IN } from "../../../src/catalog.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { Receiver } from "../../support/receiver.ts";
import { text } from "../../support/upstream.ts";
import { Desk, errorOf } from "./rig.ts";

describe("the commands for what the product holds", () => {
  let desk: Desk;
  let receiver: Receiver;
  beforeAll(async () => {
    desk = new Desk({ TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1" });
    receiver = await Receiver.start();
    await desk.serve();
  });
  afterAll(async () => {
    await desk.close();
    await receiver.stop();
  });

  const json = async (...argv: string[]) => (await desk.json(...argv)) as JsonObject;
  const listed = async (...argv: string[]) => (await desk.json(...argv)) as JsonObject[];
  const subscribe = (path: string, ...more: string[]) =>
    json(
      "subscriptions",
      "create",
      "--url",
      receiver.url(path),
      "--events",
      "files.*",
      "--events",
      "skills.created",
      ...more,
    );

  it.each(["connections", "subscriptions", "deliveries", "pollers"])(
    "%s have every verb of the catalog",
    async (group) => {
      const { out } = await desk.run(group, "--help");
      const verbs = BUILT_IN.filter(({ name }) => name.startsWith(`${group}.`)).map(
        ({ name }) => name.split(".")[1] ?? "",
      );
      for (const verb of verbs) {
        const written = verb === "get" ? "show" : verb.replaceAll("_", "-");
        expect(out).toMatch(new RegExp(`^  ${written} `, "m"));
      }
    },
  );

  it("a verb's help tells its inputs, but no other names of them", async () => {
    const { out } = await desk.run("subscriptions", "create", "--help");
    expect(out).toMatch(/^--events +string, several, required +Types and patterns/m);
    expect(out).toMatch(/^--max-in-flight +integer /m);
    expect(out).not.toContain("Another name");
  });

  it("makes a subscription, shows its secret this once, and changes it by flags of every type", async () => {
    const headers = desk.write("headers.json", '{"x-team": "tides"}');
    const made = await subscribe("/one", "--headers", `@${headers}`, "--description", "12", "--timeout", "20");
    expect(made).toMatchObject({
      events: ["files.*", "skills.created"],
      secret: expect.stringMatching(/^whsec_/) as string,
      description: "12",
      timeout: 20,
    });
    const id = String(made.id);
    const shown = await desk.run("subscriptions", "show", id);
    expect(shown.out).toMatch(/^headers +\{"x-team":"\S+"\}$/m);
    expect(shown.out).not.toMatch(/whsec_|tides/);
    expect(
      await json("subscriptions", "update", id, "--input", '{"description": null}', "--max-in-flight=3"),
    ).toMatchObject({
      description: null,
      max_in_flight: 3,
    });
    expect(await json("subscriptions", "pause", id)).toMatchObject({ status: "paused" });
    expect(await json("subscriptions", "resume", id)).toMatchObject({ status: "active" });
    const rotated = await json("subscriptions", "rotate-secret", id, "--overlap", "2h");
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(made.secret);
    expect(await json("subscriptions", "delete", id)).toEqual({ id, deleted: true });
    expect(await desk.run("subscriptions", "show", id)).toMatchObject({ code: 4 });
  });

  it("lists for people in columns and for programs whole, as many as are asked for", async () => {
    for (let n = 0; n < 22; n++) await subscribe(`/many/${n}`);
    const table = await desk.run("subscriptions", "list");
    expect(table.out).toMatch(
      /^ID +URL +EVENTS +STATUS +REASON\nsub_\S+ +http\S+ +files\.\*, skills\.created +active\n/,
    );
    expect(table.out.trim().split("\n")).toHaveLength(21);
    expect(table.err).toBe("");
    expect((await desk.runAs({ says: true }, "subscriptions", "list")).err).toBe("There are more: --limit 200\n");
    expect(await listed("subscriptions", "list", "--limit", "1000")).toHaveLength(22);
    expect(await listed("subscriptions", "list", "--limit", "3")).toHaveLength(3);
    expect(await listed("subscriptions", "list", "--url", receiver.url("/many/7"))).toMatchObject([
      { status: "active" },
    ]);
  });

  it("ends with 1 when a test goes wrong, and shows what a receiver answers without letting it steer the terminal", async () => {
    const { id } = await subscribe("/two");
    expect(await json("subscriptions", "test", String(id))).toMatchObject({ ok: true, status: 204 });
    receiver.script(text("\u001b[2J\u009bhacked", 500));
    const ran = await desk.run("subscriptions", "test", String(id));
    receiver.script((response) => void response.writeHead(204).end());
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/^response_body +\\u001b\[2J\\u009bhacked$/m);
  });

  it("tells how far a replay is, which it could only begin", async () => {
    const { id } = await subscribe("/replayed");
    const replay = await json("subscriptions", "replay", String(id), "--status", "missing", "--dry-run");
    const job = String(replay.id);
    expect(await json("jobs", "show", job, "--wait", "30s")).toMatchObject({
      operation: "subscriptions.replay",
      state: "succeeded",
    });
    expect((await desk.run("jobs", "list")).out).toMatch(new RegExp(`^${job} +subscriptions.replay +succeeded `, "m"));
    expect(await json("jobs", "cancel", job)).toMatchObject({ state: "succeeded" });
  });

  it("sweeps, pauses and shows a poller", async () => {
    const [poller] = await listed("pollers", "list", "--connection", "sandbox");
    const id = String(poller?.id);
    expect(await json("pollers", "pause", id)).toMatchObject({ state: "paused" });
    const ran = await desk.run("pollers", "run", id);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^complete +true$/m);
    const shown = await desk.run("pollers", "show", id);
    expect(shown.out).toMatch(/^state +paused$/m);
    expect(shown.out).toMatch(/^ {2}\{"id":"swp_.*"complete":true/m);
  });

  it("ends with 1 when a sweep was not complete", async () => {
    const credentials = desk.write("credentials.json", '{"apiKey": "sk-ant-none"}');
    const nowhere = ["--params", '{"baseUrl": "https://127.0.0.1:9/v1"}', "--probe", "false"];
    const alone = new Desk({ TIDEWIRE_ALLOWED_UPSTREAMS: "127.0.0.1", TIDEWIRE_SANDBOX: "off" });
    await alone.json(
      "connections",
      "create",
      "--connector",
      "claude-api",
      "--credentials",
      `@${credentials}`,
      ...nowhere,
    );
    expect((await alone.run("connections", "list")).out).not.toContain("sk-ant-none");
    const [poller] = (await alone.json("pollers", "list")) as JsonObject[];
    const ran = await alone.run("pollers", "run", String(poller?.id));
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/^complete +false$/m);
    await alone.close();
  });

  it.each([
    ["an unknown flag", ["subscriptions", "create", "--evnts", "x"], 2, "events"],
    ["no id", ["deliveries", "retry", "--now"], 2, "Name the id first"],
    ["nothing of that id", ["deliveries", "retry", "dlv_none"], 4, "dlv_none"],
    ["half a command", ["pollers"], 2, "Usage"],
    ["a limit that is none", ["pollers", "list", "--limit", "some"], 2, "--limit takes a number"],
    ["a status that there is not", ["deliveries", "list", "--status", "lost"], 2, "status"],
  ])("refuses %s", async (_, argv, code, words) => {
    const ran = await desk.run(...argv);
    expect(ran).toMatchObject({ code, out: "" });
    expect(ran.err).toContain(words);
    const asJson = await desk.run(...argv, "--json");
    expect(asJson).toMatchObject({ code, out: "" });
    expect(errorOf(asJson).code).toMatch(code === 4 ? /not_found/ : /invalid_input/);
  });
});
