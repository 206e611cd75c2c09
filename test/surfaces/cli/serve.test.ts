import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createProduct } from "../../../src/product.ts";
import type { RunningServer } from "../../../src/surfaces/cli/product.ts";
import { Desk, errorOf, run } from "./rig.ts";

/** Commands that go on until they are stopped. */
describe("tidewire serve", () => {
  let desk: Desk;
  beforeEach(() => {
    desk = new Desk();
  });
  afterEach(() => desk.close());

  /** Runs `serve` until `use` is over. */
  const served = async (
    argv: string[],
    use: (server: RunningServer) => Promise<void>,
    env: Record<string, string> = {},
  ) => {
    const product = createProduct({ ...desk.env, ...env });
    return run(
      argv,
      {
        ...product,
        async serve(overrides) {
          const server = await product.serve(overrides);
          await use(server);
          return server;
        },
      },
      { ...desk.env, ...env },
      { stops: Promise.resolve() },
    );
  };

  it("says where it is, that the sandbox stands in, and where the root key lies", async () => {
    const ran = await served(["serve"], async ({ url, rootKeyFile }) => {
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      const key = readFileSync(String(rootKeyFile), "utf8").trim();
      expect((await fetch(`${url}/v1/whoami`, { headers: { "x-api-key": key } })).status).toBe(200);
    });
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^tidewire ready at http:\/\/127\.0\.0\.1:\d+\n/);
    expect(ran.out).toMatch(/^ {2}connector {2}claude-api: \d+ operations, \d+ events$/m);
    expect(ran.out).toMatch(/^ {2}sandbox {4}a local Claude sandbox stands in at http:/m);
    expect(ran.out).toMatch(/^ {2}root key {3}in .*tidewire\.db\.root-key$/m);
    expect(ran.out).toMatch(/tidewire stopped\n$/);
    expect(ran.out).not.toMatch(/tw_/);
  });

  it("says why the sandbox stands in when nobody asked for it", async () => {
    const ran = await served(["serve"], async () => {}, { TIDEWIRE_SANDBOX: "auto" });
    expect(ran.out).toMatch(/sandbox {4}no ANTHROPIC_API_KEY and no connection, so a local/);
  });

  it("tells scripts the same in JSON", async () => {
    const { out } = await served(["serve", "--json"], async () => {});
    expect(JSON.parse(out)).toEqual({
      url: expect.stringMatching(/^http:/) as string,
      sandbox: expect.stringMatching(/^http:/) as string,
      root_key_file: expect.stringMatching(/root-key$/) as string,
    });
  });

  it("shows a person the root key that it made, once", async () => {
    const first = await desk.runAs({ says: true, stops: Promise.resolve() }, "serve");
    expect(first.out).toMatch(/^ {2}root key {3}tw_\w{32,}$/m);
    const second = await desk.runAs({ says: true, stops: Promise.resolve() }, "serve");
    expect(second.out).not.toMatch(/tw_\w{32,}/);
  });

  it("ends with 1 when the database is held, and says by whom it can be used", async () => {
    await desk.serve();
    const ran = await desk.run("serve", "--json");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(errorOf(ran).code).toBe("database_locked");
  });

  it("finds the database held by a link to it too (ran beside the other, and sent all twice)", async () => {
    await desk.serve();
    const link = join(desk.folder, "link.db");
    symlinkSync("tidewire.db", link);
    const DATABASE_URL = `file:${link}`;
    const ran = await served(["serve", "--json"], async () => {}, { DATABASE_URL });
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(errorOf(ran).code).toBe("database_locked");
  });
});

describe("tidewire sandbox", () => {
  const desk = new Desk();
  afterAll(() => desk.close());

  it("says where it is and how to use it", async () => {
    const ran = await desk.runAs({ stops: Promise.resolve() }, "sandbox", "--port", "0");
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^Claude sandbox at http:\/\/127\.0\.0\.1:\d+\n/);
    const asJson = await desk.runAs({ stops: Promise.resolve() }, "sandbox", "--port", "0", "--json");
    expect(JSON.parse(asJson.out)).toEqual({ url: expect.stringMatching(/^http:/) as string });
  });

  it("answers until it is stopped", async () => {
    const stopping = Promise.withResolvers<void>();
    const welcome = Promise.withResolvers<string>();
    const person = { stops: stopping.promise, reads: welcome.resolve };
    const running = desk.runAs(person, "sandbox", "--port", "0", "--json");
    const { url } = JSON.parse(await welcome.promise) as { url: string };
    const headers = { "x-api-key": "sk-ant-x", "anthropic-version": "2023-06-01" };
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
    const taken = await desk.run("sandbox", "--port", new URL(url).port);
    expect(taken).toMatchObject({ code: 1, err: expect.stringMatching(/^port_taken: /) as string });
    stopping.resolve();
    expect((await running).code).toBe(0);
    await expect(fetch(`${url}/v1/models`, { headers })).rejects.toThrow();
  });

  it.each([
    [["--port", "http"], "--port takes a whole number from 0 to 65535"],
    [["--port", "65536"], "--port takes a whole number from 0 to 65535"],
    [["--batch-ms", "-1"], "--batch-ms takes a whole number"],
  ])("refuses %j", async (argv, words) => {
    expect(await desk.run("sandbox", ...argv)).toMatchObject({
      code: 2,
      err: expect.stringContaining(words) as string,
    });
  });
});
