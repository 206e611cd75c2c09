import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { HttpClient } from "../../src/net/http.ts";
import { HttpFailure } from "../../src/net/port.ts";
import { settle } from "../support/manual-clock.ts";
import { closeKept, keep } from "./kept.ts";
import { answerWith, failureOf, get, loopbackClient, never, type Peer, post, startPeer } from "./peer.ts";

afterEach(async () => {
  vi.useRealTimers();
  await closeKept();
});

function client(...args: Parameters<typeof loopbackClient>): HttpClient {
  return keep(loopbackClient(...args));
}

async function peer(...args: Parameters<typeof startPeer>): Promise<Peer> {
  return keep(await startPeer(...args));
}

interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: Buffer;
}

/** A proper HTTP server that tells what it received. */
async function echo(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {}).on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers, rawHeaders } = request;
      const body = Buffer.concat(chunks).toString("base64");
      response.end(JSON.stringify({ method, url, headers, rawHeaders, body }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  keep({
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function received(request: Parameters<HttpClient["http"]>[0]): Promise<Received> {
  const response = await client().http(request, never);
  const told = JSON.parse(await response.body.text(1_000_000)) as Omit<Received, "body"> & { body: string };
  return { ...told, body: Buffer.from(told.body, "base64") };
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe("a request", () => {
  it("arrives with its method, path, query, headers and body", async () => {
    const url = `${await echo()}/v1/things?limit=1&q=%20x`;
    const got = await received(post(url, '{"name":"Zoë"}', { "x-api-key": "k", "content-type": "application/json" }));
    expect(got).toMatchObject({ method: "POST", url: "/v1/things?limit=1&q=%20x" });
    expect(got.headers).toMatchObject({ "x-api-key": "k", "content-type": "application/json", "content-length": "15" });
    expect(got.body.toString()).toBe('{"name":"Zoë"}');
  });

  it("sends bytes and streams as they are, a stream with the length that was given", async () => {
    const origin = await echo();
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect((await received(post(origin, bytes))).body).toEqual(Buffer.from(bytes));
    const chunked = await received(post(origin, pieces("one ", "two")));
    expect(chunked.body.toString()).toBe("one two");
    expect(chunked.headers["transfer-encoding"]).toBe("chunked");
    const sized = await received(post(origin, pieces("one ", "two"), { "content-length": "7" }));
    expect(sized.headers).toMatchObject({ "content-length": "7" });
    expect(sized.headers["transfer-encoding"]).toBeUndefined();
    expect(sized.body.toString()).toBe("one two");
  });

  it("asks for an uncompressed answer unless the caller asks otherwise", async () => {
    const origin = await echo();
    expect((await received(get(origin))).headers["accept-encoding"]).toBe("identity");
    expect((await received(get(origin, { "Accept-Encoding": "br" }))).headers["accept-encoding"]).toBe("br");
  });

  it("is framed by its URL and body alone, whatever headers a caller sets", async () => {
    const origin = await echo();
    const got = await received(
      post(origin, "{}", {
        Host: "metadata.google.internal",
        "transfer-encoding": "chunked",
        "Content-Length": "999",
        connection: "close, x-secret",
        "keep-alive": "timeout=1",
        upgrade: "websocket",
        expect: "100-continue",
        te: "trailers",
        trailer: "x",
        "proxy-authorization": "Basic eA==",
        "x-kept": "yes",
      }),
    );
    const names = got.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    expect(names.sort()).toEqual(["accept-encoding", "connection", "content-length", "host", "x-kept"]);
    expect(got.headers).toMatchObject({ host: new URL(origin).host, "content-length": "2", connection: "keep-alive" });
  });

  it("is not sent with a header that would split it", async () => {
    const { url, connections } = await peer((socket) => socket.write(answerWith("")));
    const failure = await failureOf(client().http(get(url, { "x-a": "1\r\nx-b: 2" }), never));
    expect(failure).toMatchObject({ kind: "protocol", maybeReceived: false });
    expect(connections).toBe(0);
  });

  it("fails when its stream does not have the length that was given", async () => {
    const origin = await echo();
    for (const body of [pieces("longer than said"), pieces("x")]) {
      const failure = await failureOf(client().http(post(origin, body, { "content-length": "5" }), never));
      expect(failure).toMatchObject({ kind: "protocol", maybeReceived: true });
    }
  });

  it("gives back what its own stream threw, and ends the stream when the other side is gone", async () => {
    const origin = await echo();
    const mistake = new TypeError("the upload broke");
    async function* broken() {
      yield Buffer.from("start");
      throw mistake;
    }
    await expect(client().http(post(origin, broken()), never)).rejects.toBe(mistake);

    const { url } = await peer((socket) => socket.resetAndDestroy());
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(65_536);
      } finally {
        resolve();
      }
    }
    expect(await failureOf(client().http(post(url, endless()), never))).toMatchObject({
      kind: "reset",
      maybeReceived: true,
    });
    await ended;
  });
});

describe("a request's stream that fails to end", () => {
  async function* stubborn() {
    try {
      for (;;) {
        yield Buffer.alloc(1024);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      await Promise.reject(new Error("cannot end"));
    }
  }

  it("troubles nobody after an early answer or an abort", async () => {
    const early = await peer((socket) => socket.write(answerWith("no", "", "413 Content Too Large")));
    expect((await client().http(post(early.url, stubborn()), never)).status).toBe(413);
    await early.left;

    const silent = await peer(() => {});
    const controller = new AbortController();
    const pending = failureOf(client().http(post(silent.url, stubborn()), controller.signal));
    await silent.requested;
    controller.abort();
    expect((await pending).kind).toBe("aborted");
    await silent.left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe("an answer", () => {
  it("has its headers in lower case, repeated ones joined", async () => {
    const { url } = await peer((socket) =>
      socket.write(answerWith("hi", "X-A: 1\r\nx-a: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n", "201 Created")),
    );
    const response = await client().http(get(url), never);
    expect(response.status).toBe(201);
    expect(response.headers).toEqual({ "content-length": "2", "x-a": "1, 2", "set-cookie": "a=1, b=2" });
    expect(await response.body.text(10)).toBe("hi");
  });

  it("is read as text, as bytes or piece by piece, once", async () => {
    const { url } = await peer((socket) => socket.write(answerWith("\ufeffZoë")));
    const { http } = client();
    expect(await (await http(get(url), never)).body.text(100)).toBe("Zoë");
    expect(Buffer.from(await (await http(get(url), never)).body.bytes(100)).toString()).toBe("\ufeffZoë");
    const { body } = await http(get(url), never);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("\ufeffZoë");
    await expect(body.text(100)).rejects.toThrow(/once/);
  });

  it("may be empty", async () => {
    const { url } = await peer((socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n"));
    const { status, body } = await client().http(get(url), never);
    expect([status, await body.text(0)]).toEqual([204, ""]);
  });

  it("is refused when it is larger than asked, also when it says no length", async () => {
    const { url, left } = await peer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
      for (let i = 0; i < 64; i++) socket.write("x".repeat(65_536));
    });
    const { body } = await client().http(get(url), never);
    expect(await failureOf(body.text(100_000))).toMatchObject({ kind: "too_large", maybeReceived: true });
    await left;
    const exact = await peer((socket) => socket.write(answerWith("12345")));
    expect(await (await client().http(get(exact.url), never)).body.text(5)).toBe("12345");
    expect((await failureOf((await client().http(get(exact.url), never)).body.bytes(4))).kind).toBe("too_large");
  });

  it("is not inflated", async () => {
    const zipped = gzipSync("x".repeat(1_000_000));
    const { url } = await peer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`);
      socket.write(zipped);
    });
    const { headers, body } = await client().http(get(url), never);
    expect(headers["content-encoding"]).toBe("gzip");
    expect(await body.bytes(10_000)).toEqual(zipped);
  });

  it("that redirects is the answer: nobody goes there", async () => {
    const elsewhere = await peer((socket) => socket.write(answerWith("stolen")));
    const { url } = await peer((socket) =>
      socket.write(answerWith("", `location: ${elsewhere.url}\r\n`, "307 Temporary Redirect")),
    );
    const { status, headers } = await client().http(post(url, "secret"), never);
    expect([status, headers.location]).toEqual([307, elsewhere.url]);
    expect(elsewhere.connections).toBe(0);
  });

  it("holds the other side back while nobody reads, and is whole in the end", async () => {
    const total = 32 * 1024 * 1024;
    let sent = 0;
    const { url } = await peer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
      const more = () => {
        while (sent < total) {
          sent += 65_536;
          if (!socket.write(Buffer.alloc(65_536, sent / 65_536))) return socket.once("drain", more);
        }
      };
      more();
    });
    const { body } = await client().http(get(url), never);
    for (let before = -1; before !== sent; await new Promise((resolve) => setTimeout(resolve, 50))) before = sent;
    expect(sent).toBeLessThan(total);
    let size = 0;
    for await (const chunk of body) size += chunk.length;
    expect(size).toBe(total);
  });

  it("that nobody read to its end leaves the connection fit for the next", async () => {
    const size = 256 * 1024;
    const server = await peer((socket) => socket.write(answerWith("x".repeat(size))));
    const { http } = client({ connections: 1 });
    const unread = await http(get(server.url), never);
    const next = await http(get(server.url), never);
    expect((await next.body.text(size)).length).toBe(size);
    expect((await unread.body.text(size)).length).toBe(size);
    expect(server.connections).toBe(1);
  });

  it("of which only the start is wanted gives no more, what came when it broke off, and nothing of an empty one", async () => {
    const long = await peer((socket) => socket.write(answerWith("0123456789")));
    const start = async ({ url }: Peer, most: number) => {
      const { body } = await client().http(get(url), never);
      return Buffer.from(await body.start(most)).toString();
    };
    expect([await start(long, 4), await start(long, 10), await start(long, 100)]).toEqual([
      "0123",
      "0123456789",
      "0123456789",
    ]);
    const broken = await peer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
      setImmediate(() => socket.end());
    });
    expect(await start(broken, 100)).toBe("half");
    expect(await start(await peer((socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n")), 100)).toBe("");
    const endless = await peer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    expect(await start(endless, 4)).toBe("half");
    await endless.left; // the rest is not waited for
  });

  it("let go of ends its connection", async () => {
    const { url, left } = await peer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    const { body } = await client().http(get(url), never);
    body.discard();
    await left;
  });

  it("left half-read by a loop ends its connection", async () => {
    const { url, left } = await peer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    const { body } = await client().http(get(url), never);
    for await (const chunk of body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await left;
  });
});

describe("connections", () => {
  it("are kept and used again, also after an answer that nobody read", async () => {
    const server = await peer((socket) => socket.write(answerWith("ok")));
    const { http } = client();
    for (let i = 0; i < 5; i++) {
      const { body } = await http(get(server.url), never);
      if (i === 3) body.discard();
      else expect(await body.text(10)).toBe("ok");
      // undici gives a connection back one turn after its answer is whole.
      await settle();
    }
    expect(server.connections).toBe(1);
  });

  it("are let go of after half a minute without use, however long the other side would keep them", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const server = await peer((socket) => socket.write(answerWith("ok", "keep-alive: timeout=600\r\n")));
    expect(await (await client().http(get(server.url), never)).body.text(10)).toBe("ok");
    await settle();
    await vi.advanceTimersByTimeAsync(25_000);
    await settle();
    expect(server.open).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    await server.left;
  });

  it("are no more than allowed: others wait", async () => {
    const server = await peer((socket) => setImmediate(() => socket.write(answerWith("ok"))));
    const { http } = client({ connections: 2 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => (await http(get(server.url), never)).body.text(10)),
    );
    expect(answers).toEqual(Array.from({ length: 10 }, () => "ok"));
    expect(server.connections).toBe(2);
  });

  it("end with the client, and what was under way fails as aborted", async () => {
    const server = await peer(() => {});
    const { http, close } = client();
    const pending = failureOf(http(post(server.url), never));
    await server.requested;
    await close();
    expect(await pending).toMatchObject({ kind: "aborted", maybeReceived: true });
    expect(await failureOf(http(get(server.url), never))).toMatchObject({ kind: "aborted", maybeReceived: false });
  });
});

describe("an abort", () => {
  it("ends its connection and opens no other, whether nothing or half of an answer was there", async () => {
    for (const start of ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"]) {
      const server = await peer((socket) => socket.write(start));
      const controller = new AbortController();
      const { http } = client();
      const outcome = failureOf(http(post(server.url), controller.signal).then(({ body }) => body.text(100)));
      await server.requested;
      await settle();
      controller.abort();
      expect((await outcome).kind).toBe("aborted");
      await server.left;
      await settle();
      expect([server.connections, server.open]).toEqual([1, 0]);
    }
  });

  it("before, during and after the headers ends the call and its connection", async () => {
    const before = await failureOf(client().http(get("http://127.0.0.1:1/"), AbortSignal.abort()));
    expect(before).toMatchObject({ kind: "aborted", maybeReceived: false });

    const silent = await peer(() => {});
    const during = new AbortController();
    const waiting = failureOf(client().http(post(silent.url), during.signal));
    await silent.requested;
    during.abort();
    expect(await waiting).toMatchObject({ kind: "aborted", maybeReceived: true });
    await silent.left;

    const half = await peer((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    const after = new AbortController();
    const { body } = await client().http(get(half.url), after.signal);
    const reading = failureOf(body.text(1000));
    after.abort();
    expect(await reading).toMatchObject({ kind: "aborted", maybeReceived: true });
    await half.left;
  });

  it("does not wait for a connection that is not there yet, and the request is not sent later", async () => {
    const methods: string[] = [];
    const server = await peer((socket, received) => {
      methods.push(received.slice(0, received.indexOf(" ")));
      socket.write(answerWith("ok"));
    });
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const { promise: found, resolve: find } = Promise.withResolvers<void>();
    const { http } = client(
      {
        lookup: async () => {
          onAsked();
          await found;
          return [{ address: "127.0.0.1", family: 4 }];
        },
      },
      "slow.test",
    );
    const controller = new AbortController();
    const pending = failureOf(http(post(`http://slow.test:${server.port}/`), controller.signal));
    await asked;
    controller.abort();
    expect(await pending).toMatchObject({ kind: "aborted", maybeReceived: false });
    find();
    const later = await http(get(`http://slow.test:${server.port}/`), never);
    expect(await later.body.text(10)).toBe("ok");
    expect(methods).toEqual(["GET"]);
  });

  it("whose reason is a failure is passed on as it is", async () => {
    const server = await peer(() => {});
    const controller = new AbortController();
    const late = new HttpFailure("timeout", "too late", true);
    const pending = failureOf(client().http(post(server.url), controller.signal));
    await server.requested;
    controller.abort(late);
    expect(await pending).toBe(late);
  });

  it("leaves a finished call alone", async () => {
    const server = await peer((socket) => socket.write(answerWith("ok")));
    const { http } = client();
    const controller = new AbortController();
    const { body } = await http(get(server.url), controller.signal);
    expect(await body.text(10)).toBe("ok");
    controller.abort();
    await settle();
    expect(await (await http(get(server.url), never)).body.text(10)).toBe("ok");
    expect(server.connections).toBe(1);
  });
});
