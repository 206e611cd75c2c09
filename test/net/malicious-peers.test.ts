import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/kernel/clock.ts";
import { Deadline, withDeadline } from "../../src/net/deadline.ts";
import type { HttpClient } from "../../src/net/http.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { closeKept, keep } from "./kept.ts";
import { answerWith, failureOf, get, loopbackClient, never, type Peer, post, startPeer } from "./peer.ts";

afterEach(async () => {
  await closeKept();
});

function client(...args: Parameters<typeof loopbackClient>): HttpClient {
  return keep(loopbackClient(...args));
}

async function peer(...args: Parameters<typeof startPeer>): Promise<Peer> {
  return keep(await startPeer(...args));
}

/** Calls under a deadline of 15 s and reads the whole answer; `onHeaders` runs when there are any. */
function deliver(clock: Clock, url: string, onHeaders: () => void = () => {}): Promise<string> {
  return withDeadline(clock, 15_000, undefined, async (signal) => {
    const { body } = await client().http(post(url), signal);
    onHeaders();
    return body.text(1_000_000);
  });
}

/** Sends one piece after another for ever, as fast as the event loop turns. */
function drip(piece: string, start = ""): Parameters<typeof startPeer>[0] {
  return (socket) => {
    socket.write(start);
    const more = () => {
      if (socket.destroyed) return;
      socket.write(piece);
      setTimeout(more, 1);
    };
    more();
  };
}

describe("the total deadline ends", () => {
  it.each<[string, Parameters<typeof startPeer>[0]]>([
    ["a server that never answers", () => {}],
    ["one header byte at a time", drip("x", "HTTP/1.1 200 OK\r\nx-slow: ")],
  ])("%s", async (_name, answer) => {
    const clock = new ManualClock();
    const server = await peer(answer);
    const outcome = failureOf(deliver(clock, server.url));
    await server.requested;
    await clock.advance(14_999);
    expect(await Promise.race([outcome, Promise.resolve("still waiting")])).toBe("still waiting");
    await clock.advance(1);
    expect(await outcome).toMatchObject({
      kind: "timeout",
      message: "There was no answer within 15 s.",
      maybeReceived: true,
    });
    await server.left;
    expect(clock.pending).toBe(0);
  });

  it.each<[string, Parameters<typeof startPeer>[0]]>([
    ["a body that comes byte by byte", drip("x", "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")],
    ["a body of endless chunks", drip("1\r\nx\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")],
    ["a body that stops", (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")],
  ])("%s", async (_name, answer) => {
    const clock = new ManualClock();
    const server = await peer(answer);
    const { promise: headers, resolve } = Promise.withResolvers<void>();
    const outcome = failureOf(deliver(clock, server.url, resolve));
    await headers;
    await clock.advance(15_000);
    expect(await outcome).toMatchObject({ kind: "timeout", maybeReceived: true });
    await server.left;
  });

  it("a streamed answer that is still read", async () => {
    const clock = new ManualClock();
    const server = await peer(drip("x", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"));
    const deadline = new Deadline(clock, 15_000);
    const { body } = await client().http(get(server.url), deadline.signal);
    const read = async () => {
      for await (const chunk of body) if (chunk.length > 0 && clock.pending === 1) await clock.advance(15_000);
    };
    expect(await failureOf(read())).toMatchObject({ kind: "timeout" });
    deadline.close();
    await server.left;
  });

  it("a look-up: then nothing can have been received", async () => {
    const clock = new ManualClock();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const { http } = client({
      lookup: () => {
        resolve();
        return new Promise(() => {});
      },
    });
    const outcome = failureOf(
      withDeadline(clock, 15_000, undefined, (signal) => http(post("https://hooks.example/"), signal)),
    );
    await asked;
    await clock.advance(15_000);
    expect(await outcome).toMatchObject({ kind: "timeout", maybeReceived: false });
  });
});

describe("a connection reset", () => {
  it.each<[string, Parameters<typeof startPeer>[0], string]>([
    ["instead of an answer", (socket) => socket.resetAndDestroy(), "reset"],
    ["by a plain end instead of an answer", (socket) => socket.end(), "reset"],
    ["within the headers", (socket) => socket.end("HTTP/1.1 200 OK\r\nx-half: "), "reset"],
  ])("%s may follow a received request", async (_name, answer, kind) => {
    const { url } = await peer(answer);
    expect(await failureOf(client().http(post(url), never))).toMatchObject({ kind, maybeReceived: true });
  });

  it.each([
    ["of a stated length", "content-length: 100\r\n"],
    ["of a stated length on a closing connection", "content-length: 100\r\nconnection: close\r\n"],
    ["of chunks", "transfer-encoding: chunked\r\nconnection: close\r\n"],
  ])("within a body %s is no end of it", async (_name, headers) => {
    const { url } = await peer((socket) => socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\n4\r\nhalf`));
    const { body } = await client().http(get(url), never);
    expect(await failureOf(body.text(1000))).toMatchObject({ kind: "reset", maybeReceived: true });
  });

  it("within a body of no stated length is no end of it either", async () => {
    const { url } = await peer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhalf", () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      );
    });
    const { body } = await client().http(get(url), never);
    expect((await failureOf(body.text(1000))).kind).toBe("reset");
  });
});

describe("a body that nobody reads yet", () => {
  const size = 300_000;

  it.each([
    ["of no stated length", "connection: close\r\n"],
    ["of a stated length", `connection: close\r\ncontent-length: ${size}\r\n`],
  ])("%s outlives the end of its connection", async (_name, headers) => {
    const server = await peer((socket) => socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\n${"x".repeat(size)}`));
    const { body } = await client().http(get(server.url), never);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await body.text(size)).length).toBe(size);
  });

  it("breaks off alone when its connection is reset while the request is still being sent", async () => {
    const { url } = await peer((socket) => {
      socket.pause();
      socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${"x".repeat(3_000_000)}`);
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
    async function* upload() {
      for (;;) {
        yield Buffer.alloc(65_536);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    const { body } = await client().http(post(url, upload()), never);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await failureOf(body.text(10_000_000))).kind).toBe("reset");
  });

  it("lets go at once when it is aborted", async () => {
    const server = await peer((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${"x".repeat(size)}`),
    );
    const controller = new AbortController();
    const { body } = await client().http(get(server.url), controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect((await failureOf(body.text(size))).kind).toBe("aborted");
    await server.left;
  });
});

describe("an answer that keeps to no rule", () => {
  it.each([
    ["is no HTTP", "SSH-2.0-OpenSSH_9.9\r\n\r\n"],
    ["has no status", "HTTP/1.1 OK\r\n\r\n"],
    ["has a status below 100", "HTTP/1.1 000 None\r\ncontent-length: 0\r\n\r\n"],
    [
      "switches protocols unasked",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    ],
    ["goes on with 100 unasked", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["is early hints (103) again and again", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(101)],
    ["has NUL in a header", "HTTP/1.1 200 OK\r\nx-a: \u0000\r\n\r\n"],
  ])("fails as such when it %s", async (_name, answer) => {
    const { url } = await peer((socket) => socket.write(answer, "latin1"));
    expect(await failureOf(client().http(post(url), never))).toMatchObject({ kind: "protocol", maybeReceived: true });
  });

  it.each([
    ["two lengths", "content-length: 2\r\ncontent-length: 3\r\n\r\nab"],
    ["a length and chunks", "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"],
  ])("is never taken with %s", async (_name, rest) => {
    const { url } = await peer((socket) => socket.write(`HTTP/1.1 200 OK\r\n${rest}`));
    const { kind, maybeReceived } = await failureOf(client().http(post(url), never));
    expect(["protocol", "reset"]).toContain(kind);
    expect(maybeReceived).toBe(true);
  });

  it("fails within the body at a chunk that is none", async () => {
    const { url } = await peer((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab"),
    );
    const outcome = client()
      .http(get(url), never)
      .then(({ body }) => body.text(100));
    expect((await failureOf(outcome)).kind).toBe("protocol");
  });

  it.each([
    ["64 KiB of one header", `x-big: ${"a".repeat(65_536)}\r\n`],
    ["endless headers", "x-more: aaaaaaaaaaaaaaaa\r\n".repeat(5_000)],
  ])("fails with %s", async (_name, headers) => {
    const server = await peer((socket) => socket.write(`HTTP/1.1 200 OK\r\n${headers}`));
    expect(await failureOf(client().http(post(server.url), never))).toMatchObject({
      kind: "too_large",
      maybeReceived: true,
    });
    await server.left;
  });

  it("may have larger headers when that is allowed", async () => {
    const { url } = await peer((socket) => socket.write(answerWith("ok", `x-big: ${"a".repeat(20_000)}\r\n`)));
    const { headers } = await client({ maxHeaderBytes: 32_768 }).http(get(url), never);
    expect(headers["x-big"]).toHaveLength(20_000);
  });

  it.each([
    ["200 OK", 200],
    ["304 Not Modified", 304],
    ["999 Whatever", 999],
  ])("is taken with the status %s", async (line, status) => {
    const { url } = await peer((socket) => socket.end(answerWith("", "", line)));
    expect((await client().http(get(url), never)).status).toBe(status);
  });

  it("that comes before the request was read is taken, and the request's stream is ended", async () => {
    const { url } = await peer((socket) => socket.write(answerWith("too much", "", "413 Content Too Large")));
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    async function* upload() {
      try {
        for (;;) {
          yield Buffer.alloc(1024);
          await new Promise((turn) => setTimeout(turn, 1));
        }
      } finally {
        resolve();
      }
    }
    const { status, body } = await client().http(post(url, upload()), never);
    expect([status, await body.text(100)]).toEqual([413, "too much"]);
    await ended;
  });

  it("holds text that is no UTF-8, NUL and escapes as it came", async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x1b, 0x5b, 0x31, 0x6d, 0x3c]);
    const { url } = await peer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`);
      socket.write(bytes);
    });
    const { http } = client();
    expect(await (await http(get(url), never)).body.text(100)).toBe("\ufffd\u0000\u001b[1m<");
    expect(await (await http(get(url), never)).body.bytes(100)).toEqual(bytes);
  });
});
