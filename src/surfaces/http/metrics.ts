import type { Hono } from "hono";
import ipaddr from "ipaddr.js";
import { TidewireError } from "../../kernel/errors.ts";
import { hasScope } from "../../model/actor.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { callerOf, type Env, type Http, headerOf } from "./caller.ts";
import { problem, type RouteDeps } from "./routes.ts";

/** Puts the metrics on `GET /metrics`: for keys with the scope `metrics`, and open to who can only be on this machine. */
export function addMetrics(app: Hono<Env>, deps: RouteDeps & { metrics: Metrics }): void {
  app.get("/metrics", async (c) => {
    const requestId = deps.ports.newId("req");
    try {
      await mustBeAllowed(c, deps);
      const { contentType, text } = await deps.metrics();
      return c.body(text, 200, { "content-type": contentType, "x-request-id": requestId });
    } catch (thrown) {
      const { status, headers, body } = problem(thrown, requestId, deps.ports);
      return new Response(body as string, { status, headers });
    }
  });
}

async function mustBeAllowed(c: Http, { ports, authenticate }: RouteDeps): Promise<void> {
  const here = c.env?.incoming?.socket.localAddress;
  if (isLoopback(ports.config.HOST) && isLoopback(here) && !isForwarded(c)) return;
  const actor = await callerOf(c, authenticate);
  if (!hasScope(actor, "metrics")) {
    throw new TidewireError("forbidden", 'The metrics need a key with the scope "metrics".');
  }
}

/** Both are looked at: the app may be part of a server that listens elsewhere than the settings say. */
function isLoopback(host = ""): boolean {
  return host === "localhost" || (ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback");
}

/** A proxy on this machine sends on what comes from anywhere. */
function isForwarded(c: Http): boolean {
  return ["forwarded", "x-forwarded-for"].some((name) => headerOf(c, name) !== undefined);
}
