import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import type { Reply, SseEvent } from "../../src/model/reply.ts";
import type { Http } from "../../src/net/port.ts";
import { collect } from "../support/chunks.ts";
import { settle } from "../support/manual-clock.ts";
import { type Answer, Upstream } from "../support/upstream.ts";
import { callOf, connectorOf, openRig, type Rig, until } from "./rig.ts";

const TIMEOUT_MS = 60_000;
const connector = connectorOf(
  {
    operations: {
      watch: { method: "GET", response: { type: "sse" } },
      rows: { method: "GET", response: { type: "jsonl" } },
      read: { method: "GET" },
    },
  },
  { timeout: "60s" },
);

let upstream: Upstream;
let rig: Rig;
/** Says one event more, or breaks the connection. */
let say: (event: string) => void;
let breakOff: () => void;
beforeEach(async () => {
  rig = openRig();
  upstream = await Upstream.start(talk("text/event-stream"));
});
afterEach(async () => {
  await rig.close();
  await upstream.stop();
});

function talk(type: string): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": type });
    response.flushHeaders();
    say = (text) => void response.write(text);
    breakOff = () => void response.socket?.destroy();
  };
}

async function open(change: Partial<OperationCall> = {}): Promise<AsyncIterator<SseEvent>> {
  const reply = await execute(rig.deps, { ...callOf(connector, "watch", upstream.url), ...change });
  return (reply as Extract<Reply, { kind: "stream" }>).events[Symbol.asyncIterator]();
}

const EVENT = { value: { event: null, data: "1" }, done: false };

describe("a stream", () => {
  test("outlives the deadline of the call as long as it is not silent for that time", async () => {
    const events = await open();
    for (let i = 0; i < 3; i++) {
      const next = events.next();
      await until(() => rig.clock.pending === 1);
      await rig.clock.advance(TIMEOUT_MS - 1);
      say("data: 1\n\n");
      expect(await next).toEqual(EVENT);
    }
    const silent = expect(events.next()).rejects.toMatchObject({ code: "upstream_timeout", status: 504 });
    await until(() => rig.clock.pending === 1);
    await rig.clock.advance(TIMEOUT_MS);
    await silent;
    await until(() => upstream.brokenOff === 1);
    expect(rig.clock.pending).toBe(0);
  });

  test("counts its silence from when it is first read", async () => {
    const events = await open();
    await rig.clock.advance(TIMEOUT_MS - 1);
    const next = events.next();
    await settle();
    await rig.clock.advance(TIMEOUT_MS - 1);
    say("data: 1\n\n");
    expect(await next).toEqual(EVENT);
  });

  test("is not the provider's silence while its reader takes his time", async () => {
    const events = await open();
    say("data: 1\n\n");
    expect(await events.next()).toEqual(EVENT);
    await rig.clock.advance(10 * TIMEOUT_MS);
    say("data: 1\n\n");
    expect(await events.next()).toEqual(EVENT);
  });

  test("that its reader leaves is closed upstream", async () => {
    const events = await open();
    say("data: 1\n\n");
    await events.next();
    await events.return?.();
    await until(() => upstream.brokenOff === 1);
    expect(rig.clock.pending).toBe(0);
  });

  test("ends upstream when the caller goes away", async () => {
    const caller = new AbortController();
    const events = await open({ signal: caller.signal });
    const gone = expect(events.next()).rejects.toMatchObject({ code: "aborted" });
    caller.abort();
    await gone;
    await until(() => upstream.brokenOff === 1);
    expect(rig.clock.pending).toBe(0);
  });

  test("that nobody ever reads is let go at the deadline", async () => {
    await open();
    await rig.clock.advance(TIMEOUT_MS);
    await until(() => upstream.brokenOff === 1);
  });

  test("that breaks off says so after the events that came", async () => {
    const events = await open();
    say("data: 1\n\ndata: ha");
    expect(await events.next()).toEqual(EVENT);
    const broken = expect(events.next()).rejects.toMatchObject({ code: "upstream_unreachable" });
    breakOff();
    await broken;
    expect(rig.clock.pending).toBe(0);
  });

  test("arrives event by event, before the provider has ended", async () => {
    const events = await open();
    say("data: 1\n\n");
    expect(await events.next()).toEqual(EVENT);
    expect(upstream.brokenOff).toBe(0);
    await events.return?.();
  });
});

describe("a whole answer", () => {
  test("that breaks off in its midst is upstream_unreachable, not half an answer", async () => {
    upstream.script((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
      response.write('{"id":', () => response.socket?.destroy());
    });
    await expect(execute(rig.deps, callOf(connector, "read", upstream.url))).rejects.toMatchObject({
      code: "upstream_unreachable",
      upstream: { attempts: 1 },
    });
    expect(rig.clock.pending).toBe(0);
  });

  test("is under the deadline to its last byte", async () => {
    let answered = false;
    const http: Http = async (request, signal) => {
      const response = await rig.deps.http(request, signal);
      answered = true;
      return response;
    };
    upstream.script(talk("application/json"));
    const running = execute({ ...rig.deps, http }, callOf(connector, "read", upstream.url));
    const failure = expect(running).rejects.toMatchObject({ code: "upstream_timeout" });
    await until(() => answered);
    await rig.clock.advance(TIMEOUT_MS);
    await failure;
    await until(() => upstream.brokenOff === 1);
  });

  test("beyond 32 MiB is refused", async () => {
    const megabyte = Buffer.alloc(1024 * 1024, " ");
    upstream.script((response) => {
      response.writeHead(200);
      for (let i = 0; i < 33; i++) response.write(megabyte);
      response.end("{}");
    });
    await expect(execute(rig.deps, callOf(connector, "read", upstream.url))).rejects.toMatchObject({
      code: "upstream_invalid",
    });
  });
});

test("rows that came before the stream broke are given, then the failure", async () => {
  upstream.script(talk("application/x-jsonl"));
  const reply = await execute(rig.deps, callOf(connector, "rows", upstream.url));
  const rows = (reply as Extract<Reply, { kind: "rows" }>).rows[Symbol.asyncIterator]();
  say('{"n":1}\n{"n"');
  expect(await rows.next()).toEqual({ value: { n: 1 }, done: false });
  const broken = expect(collect({ [Symbol.asyncIterator]: () => rows })).rejects.toMatchObject({
    code: "upstream_unreachable",
  });
  breakOff();
  await broken;
});
