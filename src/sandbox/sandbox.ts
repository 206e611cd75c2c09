import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Clock } from "../kernel/clock.ts";
import { TidewireError } from "../kernel/errors.ts";
import { type Random, systemRandom } from "../kernel/random.ts";
import type { SandboxKeys } from "./access.ts";
import { Faults } from "./faults.ts";
import type { SandboxEnv } from "./gate.ts";
import { createServer } from "./server.ts";
import type { Post } from "./webhooks.ts";
import { World } from "./world.ts";

export interface SandboxOptions {
  clock: Clock;
  random?: Random;
  /** How long a batch takes, in ms of the sandbox's clock; 2000 unless given. */
  batchMs?: number;
  /** No page is longer, whatever limit is asked. */
  pageSize?: number;
  /** True unless given: today's models and Anthropic's own skills are there. */
  seedData?: boolean;
  /** `any` unless given: keys that begin `sk-ant-` or `sandbox`, Admin keys `sk-ant-admin` or `sandbox-admin`; not `sk-ant-invalid`. */
  keys?: SandboxKeys;
  /** Messages beyond it are refused with 429; no limit unless given. */
  requestsPerMinute?: number;
  /** Its way out, by which it sends the API's own webhooks; without one it sends none. */
  post?: Post;
}

export interface SandboxListener {
  /** `http://127.0.0.1:4010`, without a path. */
  url: string;
  close: () => Promise<void>;
}

/** A local Claude API: the same requests, answers, errors and life cycles, with no key and no network. */
export interface Sandbox {
  /** `app.fetch(request)` answers in process. */
  app: Hono<SandboxEnv>;
  /** What the account holds, and what can happen to it without a call. */
  world: World;
  /** What goes wrong, by script. */
  faults: Faults;
  /** Turns the sandbox's own clock on by `ms`. */
  advance: (ms: number) => void;
  /** Serves on a socket; port 0 = any free one. Throws `port_taken`. */
  listen: (port: number, host?: string) => Promise<SandboxListener>;
}

export function createSandbox({
  clock,
  random = systemRandom,
  batchMs = 2_000,
  pageSize = Number.POSITIVE_INFINITY,
  seedData = true,
  keys = "any",
  requestsPerMinute,
  post,
}: SandboxOptions): Sandbox {
  const faults = new Faults();
  const limit = requestsPerMinute === undefined ? {} : { requestsPerMinute };
  const world = new World({ clock, random, faults, batchMs, pageSize, seedData, post, ...limit });
  const app = createServer(world, keys);
  return {
    app,
    world,
    faults,
    advance: (ms) => world.clock.advance(ms),
    listen: (port, host = "127.0.0.1") => listen(app, port, host),
  };
}

function listen(app: Hono<SandboxEnv>, port: number, host: string): Promise<SandboxListener> {
  const server = createAdaptorServer({ fetch: app.fetch });
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      const message = `Port ${port} on ${host} is taken; stop what uses it, or choose another.`;
      reject(taken ? new TidewireError("port_taken", message, { cause }) : cause);
    });
    server.listen(port, host, () => {
      const { port: bound } = server.address() as AddressInfo;
      resolve({ url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`, close: () => closeServer(server) });
    });
  });
}

function closeServer(server: ReturnType<typeof createAdaptorServer>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
}
