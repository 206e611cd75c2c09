import { afterEach, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { serverSettings, startServer, TidewireProcess, tidewire } from "../support/process.ts";

const MESSAGE = ["--model", "claude-haiku-4-5", "--max-tokens", "9", "--messages", '[{"role":"user","content":"Hi"}]'];

const started: TidewireProcess[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) {
    one.kill("SIGKILL");
    await one.ended;
  }
});

it("`tidewire events --follow` lives on while its server is killed and started again, and ends with 0 at Ctrl-C", async () => {
  const env = { ...serverSettings(), TIDEWIRE_SANDBOX: "on" };
  const serve = async () => {
    const { server } = await startServer(env);
    started.push(server);
    return server;
  };
  /** Makes an event happen; gives the id of its message. */
  const message = async () => {
    const { out } = await tidewire(["call", "messages.create", ...MESSAGE], env);
    return String((JSON.parse(out) as JsonObject).id);
  };
  const first = await serve();
  await tidewire(["subscriptions", "create", "--url", "http://127.0.0.1:9/hook", "--events", "messages.*"], env);
  const ids = [await message()];
  const following = new TidewireProcess(["events", "--follow", "--json", "--after", "start"], env);
  started.push(following);
  await following.until(new RegExp(String(ids[0])));
  first.kill("SIGKILL");
  await first.ended;
  await serve();
  ids.push(await message());
  await following.until(new RegExp(String(ids[1])));
  following.kill("SIGINT");
  const { code, out, err } = await following.ended;
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const told = out
    .trim()
    .split("\n")
    .map((line) => ((JSON.parse(line) as JsonObject).data as JsonObject).id);
  expect(told).toEqual(ids);
}, 60_000);
