import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureConnection } from "../../src/connections/ensure.ts";
import type { Http } from "../../src/net/port.ts";
import { runningOf, sweepsDone } from "../../src/triggers/sweeps.ts";
import { tick } from "../../src/triggers/tick.ts";
import { settle } from "../support/manual-clock.ts";
import { answer } from "./notes-api.ts";
import { Rig } from "./rig.ts";

const EMPTY = { status: 200, body: { data: [], next_page: null } };
const PER_HOST = 32;
const AT_ONCE = 64;

let rig: Rig;
/** Requests that wait for their answer, by host. */
let held: Map<string, (() => void)[]>;
let most: Map<string, number>;
let asked: number;
beforeEach(async () => {
  rig = await Rig.open();
  held = new Map();
  most = new Map();
  asked = 0;
});
afterEach(async () => {
  await sweepsDone(rig.ports);
  await rig.close();
});

/** A provider that answers each request when it is let. */
const holding: Http = (request) => {
  const { host } = new URL(request.url);
  asked++;
  return new Promise((resolve) => {
    const waiting = held.get(host) ?? [];
    held.set(host, waiting);
    waiting.push(() => resolve(answer(EMPTY)));
    most.set(host, Math.max(most.get(host) ?? 0, waiting.length));
  });
};

async function connect(host: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await ensureConnection(rig.ports, {
      connector: "notes-api",
      name: `${host}-${n}`,
      credentials: { apiKey: "k" },
      params: { baseUrl: `https://${host}` },
      owner: "key_1",
    });
  }
}

/** Lets one request of a host be answered, and what that makes room for begin. */
async function letOne(host: string): Promise<void> {
  held.get(host)?.shift()?.();
  await settle();
}

test("a host has so many sweeps at once, and one that ends makes room for the next without another tick", async () => {
  rig.ports.upstream = holding;
  await connect("slow.example", 100);
  await tick(rig.ports);
  await settle();
  expect(held.get("slow.example")).toHaveLength(PER_HOST);
  for (let n = 0; n < 100; n++) await letOne("slow.example");
  expect(most.get("slow.example")).toBe(PER_HOST);
  expect(asked).toBe(101); // and the one of the rig's own connection
  await letOne("notes.example");
});

test("a host that never answers leaves room for the others", async () => {
  rig.ports.upstream = holding;
  await connect("ill.example", 100);
  await connect("well.example", 60);
  await tick(rig.ports);
  await settle();
  for (let n = 0; n < 60; n++) await letOne("well.example");
  expect(held.get("ill.example")).toHaveLength(PER_HOST);
  expect(asked).toBe(PER_HOST + 60 + 1);
  await letOne("notes.example");
  for (let n = 0; n < 100; n++) await letOne("ill.example");
});

test("there are never more than so many at once, over all hosts", async () => {
  rig.ports.upstream = holding;
  const hosts = ["a", "b", "c", "d"].map((name) => `${name}.example`);
  for (const host of hosts) await connect(host, 40);
  await tick(rig.ports);
  await settle();
  expect(runningOf(rig.ports.store).size).toBe(AT_ONCE);
  while (runningOf(rig.ports.store).size > 0) for (const host of [...hosts, "notes.example"]) await letOne(host);
  expect(asked).toBe(161);
});

test("a poller that is due and under way is not begun again", async () => {
  rig.ports.upstream = holding;
  await tick(rig.ports);
  await tick(rig.ports);
  await settle();
  await tick(rig.ports);
  await settle();
  expect(asked).toBe(1);
  await letOne("notes.example");
});
