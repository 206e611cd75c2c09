import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import type { Env } from "../../../src/surfaces/http/caller.ts";
import { type Listening, listen } from "../../../src/surfaces/http/listen.ts";
import { writeOut } from "../../../src/surfaces/http/write-out.ts";

const HEADERS = { "content-type": "text/plain", "x-kept": "yes" };
const text = (piece: string) => Buffer.from(piece);

let server: Listening | null = null;
afterEach(() => server?.close(0));

function appOf(body: AsyncIterable<Uint8Array>, status = 203): Hono<Env> {
  return new Hono<Env>().get("/", (c) => writeOut(c, { status, headers: { ...HEADERS }, body }));
}

/** The answer as Node's own client sees it, its body not read yet. */
async function answerOver(body: AsyncIterable<Uint8Array>, method = "GET"): Promise<IncomingMessage> {
  server = await listen(appOf(body).fetch, "127.0.0.1", 0);
  const asked = request(server.url, { method }).end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return answer;
}

/** An endless source that says when it ends. */
function endless() {
  const ended = Promise.withResolvers<void>();
  let taken = 0;
  async function* source() {
    try {
      for (;;) {
        taken++;
        yield text("x".repeat(1_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended.resolve();
    }
  }
  return { body: source(), ended: ended.promise, taken: () => taken };
}

describe("a body over a real connection", () => {
  it("comes with its status and headers, piece by piece", async () => {
    const next = Promise.withResolvers<void>();
    async function* pieces() {
      yield text("one");
      await next.promise;
      yield text("two");
    }
    const answer = await answerOver(pieces());
    expect(answer.statusCode).toBe(203);
    expect(answer.headers).toMatchObject({ "content-type": "text/plain", "x-kept": "yes" });
    const [first] = (await once(answer, "data")) as [Buffer];
    expect(first.toString()).toBe("one");
    next.resolve();
    const rest = await answer.toArray();
    expect(Buffer.concat(rest).toString()).toBe("two");
  });

  it("has its head told before its first piece is there", async () => {
    const first = Promise.withResolvers<void>();
    async function* late() {
      await first.promise;
      yield text("late");
    }
    const answer = await answerOver(late());
    first.resolve();
    expect(Buffer.concat(await answer.toArray()).toString()).toBe("late");
  });

  it("ends its source when the caller leaves, however much that would still give", async () => {
    const source = endless();
    const answer = await answerOver(source.body);
    await once(answer, "data");
    answer.destroy();
    await source.ended;
  });

  it("is not read for HEAD: the answer ends, and so does its source", async () => {
    const source = endless();
    const answer = await answerOver(source.body, "HEAD");
    expect(answer.statusCode).toBe(203);
    expect(answer.headers).toMatchObject({ "content-type": "text/plain", "x-kept": "yes" });
    expect(await answer.toArray()).toEqual([]);
    await source.ended;
    expect(source.taken()).toBe(1);
  });

  it("is read no further than the caller takes it", async () => {
    const source = endless();
    const answer = await answerOver(source.body);
    answer.pause();
    let before = -1;
    // What fits into the sockets on the way is taken; then it stands still.
    while (source.taken() !== before) {
      before = source.taken();
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(before).toBeLessThan(64_000); // 64 MB: what the system's own buffers take is less
    answer.destroy();
    await source.ended;
  });

  it("breaks the connection off where its source breaks off", async () => {
    const seen = Promise.withResolvers<void>();
    async function* failing() {
      yield text("half");
      await seen.promise;
      throw new Error("the provider hung up");
    }
    const answer = await answerOver(failing());
    answer.once("data", () => seen.resolve());
    await expect(answer.toArray()).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

describe("a body for a program that mounts the app", () => {
  const answerOf = async (body: AsyncIterable<Uint8Array>) => appOf(body).request("/");

  it("is a web stream, read no further than was asked for and ended by who leaves it", async () => {
    const source = endless();
    const answer = await answerOf(source.body);
    expect(answer.status).toBe(203);
    expect(answer.headers.get("x-kept")).toBe("yes");
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    for (let n = 0; n < 3; n++) await reader.read();
    expect(source.taken()).toBe(3);
    await reader.cancel();
    await source.ended;
    expect(source.taken()).toBe(3);
  });

  it("is none for HEAD, and its source ends", async () => {
    const source = endless();
    const answer = await appOf(source.body).request("/", { method: "HEAD" });
    expect(answer.headers.get("x-kept")).toBe("yes");
    expect(answer.body).toBeNull();
    await source.ended;
  });

  it("tells of a source that fails", async () => {
    async function* failing() {
      yield text("half");
      throw new Error("the provider hung up");
    }
    const reader = ((await answerOf(failing())).body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await expect(reader.read()).rejects.toThrow("the provider hung up");
  });
});
