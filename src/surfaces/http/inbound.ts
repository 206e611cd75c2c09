import type { Hono } from "hono";
import { INBOUND_PATH } from "../../connections/inbound.ts";
import { inboundAddress, takeInbound } from "../../inbound/take.ts";
import type { Clock } from "../../kernel/clock.ts";
import { asError, TidewireError } from "../../kernel/errors.ts";
import { connectorNamed } from "../../manifest/triggers.ts";
import { type Env, type Http, headerOf } from "./caller.ts";
import { noteRequest } from "./note-request.ts";
import { readBytes } from "./read-bytes.ts";
import { type Answer, tooLarge } from "./reply.ts";
import { problem, type RouteDeps } from "./routes.ts";

const ROUTE = `${INBOUND_PATH}:connector/:connection`;
const MAX_BYTES = 1024 * 1024;
/** Bodies are read before anything proves whose they are: so many at once, and each no longer than this. */
const MOST_AT_ONCE = 64;
const LONGEST_MS = 10_000;
const RETRY_AFTER_MS = 1_000;

/** Takes the providers' own webhooks. They bring no key: the signature is the proof. */
export function addInbound(app: Hono<Env>, deps: RouteDeps): void {
  let underWay = 0;
  app.post(ROUTE, (c) =>
    serve(c, deps, async (read) => {
      if (underWay >= MOST_AT_ONCE) throw tooMany();
      underWay++;
      try {
        return await read();
      } finally {
        underWay--;
      }
    }),
  );
}

/** Runs what holds a body in memory, if there is room. */
type WithinLimit = <T>(read: () => Promise<T>) => Promise<T>;

async function serve(c: Http, deps: RouteDeps, withinLimit: WithinLimit): Promise<Response> {
  const { ports, meters } = deps;
  const requestId = ports.newId("req");
  const startedAt = ports.clock.now();
  const { answer, outcome } = await take(c, deps, withinLimit).then(
    (outcome) => ({ outcome, answer: TAKEN }),
    (thrown: unknown) => ({ outcome: asError(thrown).code, answer: problem(thrown, requestId, ports) }),
  );
  const connector = connectorNamed(ports.connectors, c.req.param("connector") ?? "")?.handle ?? "(none)";
  meters.inbound.add([connector, outcome]);
  const { status, headers, body } = answer;
  const about = { command: "inbound", connector, connection: c.req.param("connection"), outcome };
  noteRequest(c, deps, { requestId, startedAt, route: ROUTE, status, about });
  // A body that was not read to its end would stand before the next request.
  const kept = status < 400 ? {} : { connection: "close" };
  return new Response(body as string | null, { status, headers: { ...headers, ...kept, "x-request-id": requestId } });
}

const TAKEN: Omit<Answer, "body"> & { body: null } = { status: 204, headers: {}, body: null };

async function take(c: Http, { ports }: RouteDeps, withinLimit: WithinLimit): Promise<"stored" | "repeated"> {
  const address = await inboundAddress(ports, c.req.param("connector") ?? "", c.req.param("connection") ?? "");
  if (Number(headerOf(c, "content-length")) > MAX_BYTES) throw tooLarge(MAX_BYTES);
  return withinLimit(async () => {
    const body = await readInTime(c, ports.clock);
    return takeInbound(ports, address, { header: (name) => headerOf(c, name), body });
  });
}

async function readInTime(c: Http, clock: Clock): Promise<Buffer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(LONGEST_MS, () => {
    reject(new TidewireError("aborted", `The body did not come within ${LONGEST_MS / 1_000} s.`, { status: 408 }));
  });
  try {
    return await readBytes(c, MAX_BYTES, late);
  } finally {
    cancel();
  }
}

function tooMany(): TidewireError {
  return new TidewireError("unavailable", `More than ${MOST_AT_ONCE} webhooks come in at once; send it again.`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
