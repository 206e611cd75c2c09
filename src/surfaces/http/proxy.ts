import type { Hono } from "hono";
import { type ProxyRequest, proxy } from "../../actions/proxy.ts";
import type { ProxyAnswer } from "../../actions/proxy-answer.ts";
import type { Ports } from "../../context.ts";
import { asError, TidewireError } from "../../kernel/errors.ts";
import { baseUrlOf, callerOf, type Env, type Http, headerOf } from "./caller.ts";
import { noteRequest } from "./note-request.ts";
import { cutShort } from "./reply.ts";
import { problem, type RouteDeps } from "./routes.ts";
import { writeOut } from "./write-out.ts";

const PATH = "/v1/proxy/";
/** As it is counted. */
const ROUTE = `${PATH}:connector/:path`;
/** What stands behind the connector's name, as it was sent: no parameter of a route is. */
const TARGET = /\/v1\/proxy\/[^/?#]*([^#]*)/;
/** A body of a stated length up to this is sent on in one piece, in bytes. */
const SMALL = 64 * 1024;

/** Puts the proxy on its path: every method, everything below a connector's name. */
export function addProxy(app: Hono<Env>, deps: RouteDeps): void {
  app.all(`${PATH}:connector/*`, (c) => serve(c, deps));
}

async function serve(c: Http, deps: RouteDeps): Promise<Response> {
  const { ports, authenticate } = deps;
  const requestId = ports.newId("req");
  const startedAt = ports.clock.now();
  const named = headerOf(c, "tidewire-connection") ?? c.req.query("connection");
  const told = ({ status, operation }: Pick<ProxyAnswer, "status" | "operation">) => {
    const about = { command: "proxy", operation, connection: named };
    noteRequest(c, deps, { requestId, startedAt, route: ROUTE, status, about });
  };
  try {
    const actor = await callerOf(c, authenticate);
    const answer = await proxy(ports, actor, requestOf(c, ports, named, await bodyOf(c)));
    told(answer);
    return await toResponse(c, answer, requestId, ports);
  } catch (thrown) {
    const { status, headers, body } = problem(isTheirGoing(c, thrown) ? cutShort(thrown) : thrown, requestId, ports);
    told({ status, operation: null });
    return new Response(body, { status, headers });
  }
}

/** True for what broke the caller's own body off. */
function isTheirGoing(c: Http, thrown: unknown): boolean {
  const errored = c.env?.incoming?.errored ?? null;
  return errored !== null && thrown === errored;
}

function requestOf(
  c: Http,
  ports: Pick<Ports, "config">,
  connection: string | undefined,
  body: ProxyRequest["body"],
): ProxyRequest {
  const connector = c.req.param("connector");
  const target = TARGET.exec(c.req.url)?.[1];
  if (connector === undefined || target === undefined) {
    throw new TidewireError("not_found", `Call the proxy at ${PATH}{connector}/{path}.`);
  }
  return {
    connector,
    method: c.req.method,
    target,
    headers: headersOf(c),
    body,
    connection,
    address: () => `${baseUrlOf(c, ports.config)}${PATH}${connector}`,
    signal: c.req.raw.signal,
  };
}

function headersOf(c: Http): Record<string, string> {
  const { incoming } = c.env ?? {};
  // Node has them joined already; only `set-cookie`, which is no header of a request, is an array.
  return incoming ? (incoming.headers as Record<string, string>) : Object.fromEntries(c.req.raw.headers);
}

/** Null when there is none; a small one whole, any other as it comes. */
async function bodyOf(c: Http): Promise<ProxyRequest["body"]> {
  const { incoming } = c.env ?? {};
  if (!incoming) return c.req.raw.body as AsyncIterable<Uint8Array> | null;
  const length = Number(incoming.headers["content-length"] ?? Number.NaN);
  const isStreamed = incoming.headers["transfer-encoding"] !== undefined;
  if (!isStreamed && !(length > 0)) return null;
  if (!isStreamed && length <= SMALL && c.req.method !== "GET") return new Uint8Array(await c.req.arrayBuffer());
  // Whoever stops reading must still be able to answer: the connection stays.
  return incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

function toResponse(
  c: Http,
  answer: ProxyAnswer,
  requestId: string,
  ports: Pick<Ports, "log">,
): Response | Promise<Response> {
  const { status, headers, account, body } = answer;
  headers["x-request-id"] ??= requestId; // some providers have one of that name
  headers["tidewire-request-id"] = requestId;
  headers["tidewire-connection"] = encodeURIComponent(account.name);
  if (account.sandbox) headers["tidewire-sandbox"] = "true";
  if (body === null || typeof body === "string" || body instanceof Uint8Array) {
    return new Response(body as ConstructorParameters<typeof Response>[0], { status, headers });
  }
  return writeOut(c, { status, headers, body: orTellWhy(body, requestId, ports) });
}

/** Logs what broke an answer off. */
async function* orTellWhy(
  chunks: AsyncIterable<Uint8Array>,
  requestId: string,
  { log }: Pick<Ports, "log">,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    const error = asError(thrown);
    const level = error.code === "aborted" ? "debug" : "warn";
    log[level]({ request_id: requestId, code: error.code, err: error.cause }, `the answer broke off: ${error.message}`);
    throw error;
  }
}
