import type { Hono } from "hono";
import { type Authenticate } from "../../access/authenticate.ts";
import { onceOnly, type StoredAnswer } from "../../access/idempotency.ts";
import { type Command, invoke } from "../../command.ts";
import type { Context, Ports } from "../../context.ts";
import { asError } from "../../kernel/errors.ts";
import { connectorNamed, findOperation } from "../../manifest/triggers.ts";
import type { Actor } from "../../model/actor.ts";
import type { Meters } from "../../observe/meters.ts";
import { asTrouble, isDamage } from "../../store/trouble.ts";
import { baseUrlOf, callerOf, type Env, type Http, headerOf, surfaceOf } from "./caller.ts";
import { type RequestInput, readInput } from "./input.ts";
import { noteRequest } from "./note-request.ts";
import { prefersAsync } from "./prefer.ts";
import { toProblem } from "./problem.ts";
import { type Answer, keepable, toAnswer, toSend } from "./reply.ts";
import { writeOut } from "./write-out.ts";

/** Files are taken up to this size where the operation names no limit of its own: 500 MB, as Claude's Files API. */
const DEFAULT_UPLOAD_BYTES = 500 * 1024 * 1024;

export interface RouteDeps {
  ports: Ports;
  authenticate: Authenticate;
  meters: Pick<Meters, "requests" | "inbound">;
}

/** Puts every command of the catalog on its method and path. */
export function addRoutes(app: Hono<Env>, commands: readonly Command[], deps: RouteDeps): void {
  for (const target of commands) {
    app.on(target.http.method, target.http.path, (c) => serve(c, target, deps));
  }
}

async function serve(c: Http, target: Command, deps: RouteDeps): Promise<Response> {
  const { ports } = deps;
  const requestId = ports.newId("req");
  const startedAt = ports.clock.now();
  let answer: Answer;
  try {
    answer = await answerTo(c, target, deps, requestId);
  } catch (thrown) {
    answer = problem(thrown, requestId, ports);
  }
  answer.headers["x-request-id"] = requestId;
  const { status, headers, body } = answer;
  noteRequest(c, deps, { requestId, startedAt, route: target.http.path, status, about: { command: target.name } });
  if (typeof body !== "string") return writeOut(c, { status, headers, body });
  // Hono would make a Headers object of these, which costs more than all the rest of an answer.
  return new Response(toSend(body), { status, headers });
}

async function answerTo(c: Http, target: Command, deps: RouteDeps, requestId: string): Promise<Answer> {
  const actor = await callerOf(c, deps.authenticate);
  const request = await readInput(c, target.http, () => uploadLimit(c, deps.ports));
  const { asyncAs, resumeAs } = target.http;
  if (asyncAs !== undefined && prefersAsync(headerOf(c, "prefer"))) request.input[asyncAs] = true;
  const lastEventId = resumeAs === undefined ? undefined : headerOf(c, "last-event-id");
  if (resumeAs !== undefined && lastEventId) request.input[resumeAs] = lastEventId;
  const idempotencyKey = target.http.method === "GET" ? undefined : headerOf(c, "idempotency-key");
  try {
    if (idempotencyKey === undefined) {
      const { ports } = deps;
      const baseUrl = baseUrlOf(c, ports.config);
      return await run(
        target,
        { ports, actor, requestId, surface: surfaceOf(c), signal: c.req.raw.signal, baseUrl },
        request,
      );
    }
    return await runOnce(c, target, deps.ports, actor, requestId, request, idempotencyKey);
  } finally {
    if (request.dispose) await request.dispose();
  }
}

/** Absolute links are made for whoever called by HTTP. */
type Called = Context & { baseUrl: string };

async function run(target: Command, context: Called, request: RequestInput): Promise<Answer> {
  const reply = await invoke(target, context, request.input);
  const answer = toAnswer(reply, target.http);
  const { location } = answer.headers;
  if (location?.startsWith("/")) answer.headers.location = context.baseUrl + location;
  return answer;
}

/** A write with an idempotency key runs to its end even when the caller goes away: it may ask again for the answer. */
async function runOnce(
  c: Http,
  target: Command,
  ports: Ports,
  actor: Actor,
  requestId: string,
  request: RequestInput,
  idempotencyKey: string,
): Promise<Answer> {
  const { pathname, search } = new URL(c.req.url);
  const write = {
    keyId: actor.keyId,
    method: c.req.method,
    path: pathname + search,
    idempotencyKey,
    body: request.fingerprint,
  };
  const baseUrl = baseUrlOf(c, ports.config);
  const { signal } = new AbortController();
  const context: Called = { ports, actor, requestId, surface: surfaceOf(c), signal, baseUrl };
  const outcome = await onceOnly<Answer>(ports, write, async () => {
    const answer = await run(target, context, request).catch((thrown: unknown) => problem(thrown, requestId, ports));
    return keepable(answer) ? (answer satisfies StoredAnswer) : { unkept: answer };
  });
  return "unkept" in outcome ? outcome.unkept : outcome;
}

/** The answer to a failure; one that is our own mistake, or the database's end, is logged with its cause. */
export function problem(thrown: unknown, requestId: string, ports: Pick<Ports, "log">): Answer & { body: string } {
  const error = asError(asTrouble(thrown));
  if (error.code === "internal" || isDamage(error))
    ports.log.error({ request_id: requestId, err: error.cause }, "request failed");
  const { status, headers, body } = toProblem(error, requestId);
  return { status, headers, body: JSON.stringify(body) };
}

/** Nothing but an operation takes files. */
function uploadLimit(c: Http, ports: Pick<Ports, "connectors">): number {
  const connector = connectorNamed(ports.connectors, c.req.param("connector") ?? "");
  const found = connector && findOperation(connector, c.req.param("operation") ?? "");
  if (!found) return 0;
  const { body } = found.operation;
  return body?.encoding === "multipart" || body?.encoding === "binary" ? body.maxBytes : DEFAULT_UPLOAD_BYTES;
}
