import { Hono } from "hono";
import type { Command } from "../../command.ts";
import { TidewireError } from "../../kernel/errors.ts";
import type { JsonObject } from "../../kernel/json.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { printOpenApi } from "../docs/openapi.ts";
import type { Env } from "./caller.ts";
import { addInbound } from "./inbound.ts";
import { addMetrics } from "./metrics.ts";
import { addOAuthCallback } from "./oauth-callback.ts";
import { toProblem } from "./problem.ts";
import { addProxy } from "./proxy.ts";
import { RouterByMethod } from "./router-by-method.ts";
import { addRoutes, problem, type RouteDeps } from "./routes.ts";

export interface HttpDeps extends RouteDeps {
  /** The built-in commands, each a route; operations are behind one of them. */
  routes: readonly Command[];
  /** Everything that the OpenAPI document tells; made when it is asked for. */
  catalog(): readonly Command[];
  /** What `/health/ready` tells; `ready: false` answers 503. */
  readiness(): Promise<JsonObject & { ready: boolean }>;
  metrics: Metrics;
}

/** The whole HTTP surface: health, the OpenAPI document, and a route for every built-in command. */
export function createHttpApp(deps: HttpDeps): Hono<Env> {
  const { ports, routes } = deps;
  const app = new Hono<Env>({ router: new RouterByMethod() });
  const requestIdHeader = () => ({ "x-request-id": ports.newId("req") });
  app.get("/health/live", (c) => c.json({ status: "ok" }, 200, requestIdHeader()));
  app.get("/health/ready", async (c) => {
    const state = await deps.readiness();
    return c.json(state, state.ready ? 200 : 503, requestIdHeader());
  });
  // Anybody may ask for it, and it takes 40 ms to make.
  let document: string | undefined;
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(printOpenApi(deps.catalog(), ports.connectors));
    return c.body(document, 200, { "content-type": "application/json", ...requestIdHeader() });
  });
  addMetrics(app, deps);
  addRoutes(app, routes, deps);
  addProxy(app, deps);
  addInbound(app, deps);
  addOAuthCallback(app, ports);
  app.notFound((c) => {
    const requestId = ports.newId("req");
    const { status, headers, body } = toProblem(nothingHere(c.req.method, c.req.path, app.routes), requestId);
    deps.meters.requests.add([c.req.method, "(none)", String(status)]);
    return c.body(JSON.stringify(body), status as 404, headers);
  });
  app.onError((thrown, c) => {
    const { status, headers, body } = problem(thrown, ports.newId("req"), ports);
    return c.body(body, status as 500, headers);
  });
  return app;
}

/** What is said where no route is: `method_not_allowed` where there are some of other methods. */
function nothingHere(method: string, path: string, routes: Hono<Env>["routes"]): TidewireError {
  const here = routes.filter((route) => new RegExp(`^${route.path.replace(/:\w+/g, "[^/]+")}$`).test(path));
  if (here.length === 0) {
    return new TidewireError("not_found", `There is nothing at ${path}; /openapi.json lists what there is.`);
  }
  // Whatever answers GET answers HEAD.
  const allow = [...new Set(here.flatMap((route) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method])))];
  const message = `${method} is not allowed at ${path}; use ${allow.join(", ")}.`;
  return new TidewireError("method_not_allowed", message, { allow });
}
