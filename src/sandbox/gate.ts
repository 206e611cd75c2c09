import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { sleep } from "../kernel/clock.ts";
import { apiVersion, authenticate, checkWorkspace, type Realm, type SandboxKeys } from "./access.ts";
import { asApiError } from "./api-error.ts";
import type { Answer, Call, Endpoint } from "./endpoint.ts";
import { answerFault, ConnectionReset } from "./fault-answer.ts";
import { DEFAULT_WORKSPACE_ID, ORGANIZATION_ID } from "./organization/identity.ts";
import type { World } from "./world.ts";

/** Requests over a socket bring Node's own objects along; requests made in process do not. */
export type SandboxEnv = { Bindings: Partial<HttpBindings> };
type SandboxContext = Context<SandboxEnv>;

const NO_QUERY = new URLSearchParams();

/** Wraps an endpoint with what every request goes through: key, version, scripted faults, and the answer's headers. */
export function gate(world: World, keys: SandboxKeys) {
  return (realm: Realm, endpoint: Endpoint) => async (c: SandboxContext) => {
    const headers: Record<string, string> = { "request-id": world.newId("req") };
    try {
      authenticate(reader(c), realm, keys);
      headers["anthropic-organization-id"] = ORGANIZATION_ID;
      if (realm === "workspace") {
        headers["anthropic-workspace-id"] = DEFAULT_WORKSPACE_ID;
        checkWorkspace(reader(c), DEFAULT_WORKSPACE_ID);
      }
      return respond(await pass(c, world, endpoint), headers);
    } catch (thrown) {
      return refuse(c, thrown, headers);
    }
  };
}

/** Answers a path that does not exist; no key is asked for. */
export function nowhere(world: World) {
  return (c: SandboxContext, refusal: Error) => refuse(c, refusal, { "request-id": world.newId("req") });
}

async function pass(c: SandboxContext, world: World, endpoint: Endpoint): Promise<Answer> {
  const header = reader(c);
  const version = apiVersion(header);
  const { url } = c.req;
  const pathAt = url.indexOf("/", url.indexOf("//") + 2);
  const queryAt = url.indexOf("?");
  const query = queryAt < 0 ? NO_QUERY : new URLSearchParams(url.slice(queryAt + 1));
  const faults = world.faults.meet({ method: c.req.method, path: c.req.path, query });
  if (faults.delayMs > 0) await sleep(world.realClock, faults.delayMs, c.req.raw.signal);
  if (faults.answer) return answerFault(faults.answer);
  const call: Call = {
    origin: url.slice(0, pathAt),
    query,
    param: (name) => c.req.param(name) ?? "",
    header,
    version,
    betas: new Set((header("anthropic-beta") ?? "").split(",").map((beta) => beta.trim())),
    request: c.req.raw,
    faults,
    reset: () => breakSocket(c),
  };
  return endpoint(call);
}

function reader(c: SandboxContext): (name: string) => string | undefined {
  return (name) => c.req.header(name);
}

function respond({ status = 200, contentType, body, headers = {} }: Answer, common: Record<string, string>): Response {
  return new Response(body, { status, headers: { "content-type": contentType, ...common, ...headers } });
}

/** The error envelope, its `request_id` equal to the header; or no answer at all, where that is the fault. */
function refuse(c: SandboxContext, thrown: unknown, headers: Record<string, string>): Response {
  if (thrown instanceof ConnectionReset) {
    breakSocket(c);
    return new Response(null, { headers: ALREADY_SENT });
  }
  const error = asApiError(thrown);
  const body = JSON.stringify(error.envelope(headers["request-id"] ?? null));
  return respond({ status: error.status, contentType: "application/json", body, headers: error.headers }, headers);
}

/** Breaks the socket. Throws `ConnectionReset` for a request made in process, which has none. */
function breakSocket(c: SandboxContext): void {
  const bindings: Partial<HttpBindings> | undefined = c.env;
  if (!bindings?.outgoing) throw new ConnectionReset();
  bindings.outgoing.destroy();
}

const ALREADY_SENT = { "x-hono-already-sent": "true" };
