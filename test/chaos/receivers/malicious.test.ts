import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { AttemptOutcome } from "../../../src/delivery/attempt.ts";
import { answerWith } from "../../net/peer.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { type Behaviour, DEADLINE_MS, drip, flood, KEPT, Stage } from "./stage.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const LINE = "x-more: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
const TEN_GB = 10 * 1024 ** 3;

/** Writes once and leaves the connection open. */
const says =
  (answer: string | Buffer): Behaviour =>
  (socket) =>
    void socket.write(answer);
/** Writes and breaks the connection once that is out. */
const breaksAfter =
  (answer: string): Behaviour =>
  (socket) =>
    void socket.write(answer, () => socket.resetAndDestroy());

type Expected = Partial<AttemptOutcome>;

/** Those who would hold a try for ever: the deadline ends it, to the millisecond, and what was answered by then counts. */
const HOLDERS: [name: string, behaviour: (clock: ManualClock) => Behaviour, expected: Expected][] = [
  ["accepts and never answers", () => () => {}, { class: "timeout", status: null, responseBody: null }],
  [
    "sends one byte of a header a second",
    (clock) => drip(clock, 1_000, "x", `${OK}x-slow: `),
    { class: "timeout", status: null },
  ],
  [
    "sends a status line that never ends",
    (clock) => drip(clock, 100, "OK ", "HTTP/1.1 200 "),
    { class: "timeout", status: null },
  ],
  ["sends empty lines instead of an answer", (clock) => drip(clock, 100, "\r\n"), { class: "timeout", status: null }],
  [
    "answers 103 again and again, each second",
    (clock) => drip(clock, 1_000, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    { class: "timeout", status: null },
  ],
  ["answers 199 and then nothing", () => says("HTTP/1.1 199 Odd\r\n\r\n"), { class: "timeout", status: null }],
  [
    "answers 200 and then a byte every 100 ms for ever",
    (clock) => drip(clock, 100, "x", `${OK}connection: close\r\n\r\n`),
    { class: "ok", status: 200, responseBody: expect.stringMatching(/^x{100,150}$/) as string },
  ],
  [
    "answers 500 and then a byte every 100 ms for ever",
    (clock) => drip(clock, 100, "x", "HTTP/1.1 500 Oh\r\ncontent-length: 100000\r\n\r\n"),
    { class: "http_5xx", status: 500 },
  ],
  [
    "answers 200 and stops within the body",
    () => says(`${OK}content-length: 10\r\n\r\nhalf`),
    { class: "ok", status: 200, responseBody: "half" },
  ],
  [
    "sends a chunk extension that never ends",
    (clock) => drip(clock, 100, "e".repeat(100), `${CHUNKED}1;`),
    { class: "ok", status: 200, responseBody: "" },
  ],
];

describe("a receiver that", () => {
  test.each(HOLDERS)("%s", async (_name, behaviour, expected) => {
    const stage = Stage.start();
    const receiver = await stage.receiver(behaviour(stage.clock));
    const { outcome, headed } = stage.try(receiver.url);
    await (expected.status === null ? receiver.requested : headed);
    await stage.healthyIsServed();
    await stage.clock.advance(DEADLINE_MS - 1);
    expect(await Promise.race([outcome, Promise.resolve("under way")])).toBe("under way");
    await stage.clock.advance(1);
    expect(await outcome).toMatchObject({ ...expected, durationMs: DEADLINE_MS, retryAfterMs: null });
    await stage.nothingIsLeft();
    // undici opened another connection for each try that was broken off, and sent nothing over it.
    expect(receiver.connections).toBe(1);
  });
});

/** Those whose answer ends the try by itself: too much of it, or none at all. */
const SPENDERS: [name: string, behaviour: Behaviour, expected: Expected][] = [
  [
    "answers 103 as fast as it can",
    flood("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(100)),
    { class: "protocol", status: null, error: expect.stringContaining("1xx") as string },
  ],
  ["sends headers without end", flood(LINE.repeat(100), OK), { class: "too_large", status: null }],
  ["sends a header of 64 KiB", says(`${OK}x-big: ${"a".repeat(65_536)}\r\n\r\n`), { class: "too_large" }],
  ["sends a header's name of 64 KiB", says(`${OK}${"a".repeat(65_536)}: x\r\n\r\n`), { class: "too_large" }],
  [
    "sends one header without end",
    flood(Buffer.alloc(65_536, "a"), `${OK}x-big: `),
    { class: "too_large", status: null },
  ],
  [
    "sends a body of 10 GB",
    flood(Buffer.alloc(65_536, "x"), `${OK}content-length: ${TEN_GB}\r\n\r\n`),
    { class: "ok", status: 200, responseBody: "x".repeat(KEPT) },
  ],
  [
    "sends a body without length or end",
    flood(Buffer.alloc(65_536, "x"), `${OK}connection: close\r\n\r\n`),
    { class: "ok", responseBody: "x".repeat(KEPT) },
  ],
  [
    "sends chunks of one byte without end",
    flood("1\r\nx\r\n".repeat(1_000), CHUNKED),
    { class: "ok", responseBody: "x".repeat(KEPT) },
  ],
  [
    "sends one chunk of 10 GB",
    flood(Buffer.alloc(65_536, "x"), `${CHUNKED}${TEN_GB.toString(16)}\r\n`),
    { class: "ok", responseBody: "x".repeat(KEPT) },
  ],
  [
    "refuses with a body of 10 GB",
    flood(Buffer.alloc(65_536, "x"), `HTTP/1.1 500 Oh\r\ncontent-length: ${TEN_GB}\r\n\r\n`),
    { class: "http_5xx", status: 500, responseBody: "x".repeat(KEPT) },
  ],
  [
    "sends trailers without end",
    flood(LINE.repeat(100), `${CHUNKED}2\r\nok\r\n0\r\n`),
    { class: "ok", responseBody: "ok" },
  ],
  ...["zz", "-1", "fffffffffffffffff", "1 1", "0x5", "5\n"].map((size): (typeof SPENDERS)[number] => [
    `sends the chunk size ${JSON.stringify(size)}`,
    says(`${CHUNKED}2\r\nok\r\n${size}\r\nabcde\r\n0\r\n\r\n`),
    { class: "ok", status: 200, responseBody: expect.stringMatching(/^ok/) as string },
  ]),
  ["speaks no HTTP", says("SSH-2.0-OpenSSH_9.9\r\n\r\n"), { class: "protocol", status: null }],
  ["speaks HTTP/2 unasked", says("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), { class: "protocol", status: null }],
  [
    "answers 101",
    says("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
    { class: "protocol", status: null },
  ],
  ["answers 100 unasked", says("HTTP/1.1 100 Continue\r\n\r\n"), { class: "protocol", status: null }],
  ["answers 204 with a body", says("HTTP/1.1 204 No\r\ncontent-length: 5\r\n\r\nhello"), { class: "ok", status: 204 }],
  ["answers 304", says("HTTP/1.1 304 Not Modified\r\n\r\n"), { class: "http_3xx", status: 304, responseBody: "" }],
  ["answers 304 with a body", says("HTTP/1.1 304 No\r\ncontent-length: 5\r\n\r\nhello"), { class: "http_3xx" }],
  ["answers 999", says(answerWith("", "", "999 Beyond")), { class: "protocol", status: 999 }],
  ["answers 600", says(answerWith("", "", "600 Beyond")), { class: "protocol", status: 600 }],
  ["says two lengths", says(`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nabc`), { class: "reset" }],
  ["has NUL in a header", says(`${OK}x-a: \u0000\r\n\r\n`), { class: "protocol", status: null }],
  [
    "answers before it reads the request",
    says(answerWith("no", "", "413 Too Large")),
    { class: "http_4xx", status: 413 },
  ],
];

describe("a receiver that", () => {
  test.each(SPENDERS)("%s", async (_name, behaviour, expected) => {
    const stage = Stage.start();
    const receiver = await stage.receiver(behaviour);
    const { outcome } = stage.try(receiver.url);
    await stage.healthyIsServed();
    const { responseBody, ...rest } = await outcome;
    expect({ responseBody, ...rest }).toMatchObject(expected);
    expect((responseBody ?? "").length).toBeLessThanOrEqual(KEPT);
    await stage.hangUp();
    await stage.nothingIsLeft();
    expect(receiver.connections).toBe(1);
  });

  test("never reads a large request is ended by the deadline", async () => {
    const stage = Stage.start();
    const receiver = await stage.receiver(() => {}, undefined, { paused: true });
    const { outcome } = stage.try(receiver.url, "x".repeat(32 * 1024 * 1024));
    await stage.healthyIsServed();
    await stage.clock.advance(DEADLINE_MS);
    expect(await outcome).toMatchObject({ class: "timeout", status: null });
    await stage.haveLetGo();
  });

  test("answers before it has read a large request is taken at its word, and let go of", async () => {
    const stage = Stage.start();
    const receiver = await stage.receiver((socket) => {
      socket.pause();
      socket.write(answerWith("no", "", "413 Content Too Large"));
    });
    const { outcome } = stage.try(receiver.url, "x".repeat(32 * 1024 * 1024));
    expect(await outcome).toMatchObject({ class: "http_4xx", status: 413, responseBody: "no" });
    await stage.haveLetGo();
  });

  test("sends a gzip bomb is not asked for it, and not inflated", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, "0"));
    const stage = Stage.start();
    let asked = "";
    const receiver = await stage.receiver((socket, request) => {
      asked += request;
      socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
      socket.write(bomb);
    });
    const { class: verdict, responseBody } = await stage.try(receiver.url).outcome;
    expect(asked).toContain("accept-encoding: identity\r\n");
    expect(verdict).toBe("ok");
    expect(responseBody).toHaveLength(new TextDecoder().decode(bomb.subarray(0, KEPT)).length);
    expect(responseBody).not.toContain("0000");
    await stage.hangUp();
    await stage.nothingIsLeft();
  });

  test("answers with no text at all is kept leniently: every byte that is none becomes U+FFFD", async () => {
    const stage = Stage.start();
    const bytes = Buffer.from([0xff, 0xc3, 0x28, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xed, 0xa0, 0x80]);
    const receiver = await stage.receiver((socket) => {
      socket.write(`${OK}connection: close\r\n\r\n`);
      socket.end(Buffer.concat([bytes, Buffer.from("<script>alert(1)</script>")]));
    });
    expect(await stage.try(receiver.url).outcome).toMatchObject({
      class: "ok",
      responseBody: "\ufffd\ufffd(\u0000\u001b[31m\ufffd\ufffd\ufffd<script>alert(1)</script>",
    });
    await stage.nothingIsLeft();
  });

  test("is cut at 16 KiB within a character keeps all before it", async () => {
    const stage = Stage.start();
    const receiver = await stage.receiver((socket) => socket.end(answerWith(`x${"é".repeat(KEPT)}`)));
    const { responseBody } = await stage.try(receiver.url).outcome;
    expect(responseBody).toBe(`x${"é".repeat(KEPT / 2 - 1)}\ufffd`);
    await stage.nothingIsLeft();
  });
});

/** Where a connection may break, and what the try is then. */
const STAGES: [stage: string, behaviour: Behaviour, expected: Expected][] = [
  ["instead of an answer", (socket) => socket.resetAndDestroy(), { class: "reset", status: null }],
  ["by a plain end instead of an answer", (socket) => void socket.end(), { class: "reset", status: null }],
  ["within the status line", breaksAfter("HTTP/1.1 20"), { class: "reset", status: null }],
  ["within the headers", breaksAfter(`${OK}x-half: `), { class: "reset", status: null }],
  ["by a plain end within the headers", (socket) => void socket.end(`${OK}x-half: `), { class: "reset" }],
];

describe("a connection that is reset", () => {
  test.each(STAGES)("%s", async (_name, behaviour, expected) => {
    const stage = Stage.start();
    const receiver = await stage.receiver(behaviour);
    expect(await stage.try(receiver.url).outcome).toMatchObject(expected);
    await stage.healthyIsServed();
    await stage.nothingIsLeft();
  });

  test("as soon as it is made", async () => {
    const stage = Stage.start();
    const receiver = await stage.receiver(() => {}, undefined, { onConnection: (socket) => socket.resetAndDestroy() });
    const { class: verdict, status } = await stage.try(receiver.url).outcome;
    expect(["reset", "connect"]).toContain(verdict); // who hears first of it
    expect(status).toBeNull();
    await stage.nothingIsLeft();
  });

  test.each([
    ["of a stated length", `${OK}content-length: 100\r\n\r\nhalf`],
    ["of chunks", `${CHUNKED}4\r\nhalf\r\n`],
    ["of no stated length", `${OK}connection: close\r\n\r\nhalf`],
  ])("within a body %s changes nothing: the status had decided", async (_name, start) => {
    const stage = Stage.start();
    let reset: () => void = () => {};
    const receiver = await stage.receiver((socket: Socket) => {
      socket.write(start);
      reset = () => socket.resetAndDestroy();
    });
    const { outcome, headed } = stage.try(receiver.url);
    await headed;
    reset();
    expect(await outcome).toMatchObject({ class: "ok", status: 200, responseBody: "half", error: null });
    await stage.nothingIsLeft();
  });
});

describe("an answer too many", () => {
  test("is not taken for that of the next delivery", async () => {
    const stage = Stage.start({ connections: 1 });
    let requests = 0;
    const receiver = await stage.receiver((socket) => {
      requests += 1;
      socket.write(
        requests === 1
          ? answerWith("first", "", "500 Oh") + answerWith("stuffed")
          : answerWith("real", "", "418 Teapot"),
      );
    });
    const first = stage.try(receiver.url);
    const second = stage.try(receiver.url);
    expect(await first.outcome).toMatchObject({ status: 500, responseBody: "first" });
    expect(await second.outcome).toMatchObject({ status: 418, responseBody: "real" });
    expect(requests).toBe(2);
  });
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])("%i to a private address is a failure and is not followed", async (status) => {
    const stage = Stage.start();
    const secret = await stage.receiver(() => {}, undefined, { host: "127.0.0.2" });
    const headers = `location: ${secret.url}\r\nrefresh: 0; url=${secret.url}\r\nlink: <${secret.url}>; rel=preload\r\n`;
    const receiver = await stage.receiver((socket) => socket.end(answerWith("", headers, `${status} Elsewhere`)));
    expect(await stage.try(receiver.url).outcome).toMatchObject({ class: "http_3xx", status });
    await stage.nothingIsLeft();
    expect(secret.connections).toBe(0);
  });
});

describe("one slow host", () => {
  test("with 100 subscriptions holds 100 connections at most, and all end at their deadlines", async () => {
    const stage = Stage.start();
    const receiver = await stage.receiver(() => {});
    const tries = Array.from({ length: 100 }, (_, n) => stage.try(`${receiver.url}${n}`, "{}", 1_000 + n * 10));
    await stage.healthyIsServed();
    await stage.clock.advance(2_000);
    const outcomes = await Promise.all(tries.map(({ outcome }) => outcome));
    expect(outcomes.map(({ class: verdict, durationMs }) => [verdict, durationMs])).toEqual(
      outcomes.map((_, n) => ["timeout", 1_000 + n * 10]),
    );
    await stage.nothingIsLeft();
    expect(receiver.connections).toBe(100);
  });
});
