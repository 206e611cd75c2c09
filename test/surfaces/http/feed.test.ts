import { once } from "node:events";
import { createParser } from "eventsource-parser";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { type Listening, listen } from "../../../src/surfaces/http/listen.ts";
import { toAnswer } from "../../../src/surfaces/http/reply.ts";
import { Desk } from "../../delivery/desk.ts";
import { Harness } from "../../support/harness.ts";
import { openRaw } from "../../support/raw-request.ts";
import { Desk as CommandLine } from "../cli/rig.ts";

/** A stream over a real connection, read record by record. */
async function open(url: string, key: string, path = "", headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const response = await fetch(`${url}/v1/events/stream${path}`, {
    headers: { authorization: `Bearer ${key}`, ...headers },
    signal: leaving.signal,
  });
  const decoder = new TextDecoder();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  return {
    response,
    leave: () => leaving.abort(),
    /** The next record; null at the end. */
    async next(): Promise<string | null> {
      while (!text.includes("\n\n")) {
        const { value, done } = await reader.read();
        if (done) return null;
        text += decoder.decode(value, { stream: true });
      }
      const at = text.indexOf("\n\n");
      const record = text.slice(0, at);
      text = text.slice(at + 2);
      return record;
    },
  };
}

describe("GET /v1/events/stream", () => {
  let tidewire: Harness;
  beforeAll(async () => {
    tidewire = await Harness.start();
    await tidewire.connect();
    await tidewire.api("POST", "/v1/subscriptions", { url: "http://127.0.0.1:9/hook", events: ["messages.*"] });
  });
  afterAll(() => tidewire.end());

  const tell = () => {
    const messages = [{ role: "user", content: "Hi\n\nthere" }];
    return tidewire.run("messages.create", { model: "claude-haiku-4-5", max_tokens: 5, messages });
  };
  const newest = async () => {
    const { body } = await tidewire.api("GET", "/v1/events?limit=1");
    return (body.result as JsonObject[])[0];
  };

  it("is an event stream that nobody on the way keeps or gathers, with cursor, type and event", async () => {
    const stream = await open(tidewire.url, tidewire.rootKey);
    expect(stream.response.status).toBe(200);
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    expect(await stream.next()).toMatch(/^: at (\S+)\nid: \1$/);
    await tell();
    const [id, event, data, ...rest] = (await stream.next())?.split("\n") ?? [];
    expect(rest).toEqual([]);
    expect(id).toMatch(/^id: \S+$/);
    expect(event).toBe("event: messages.created");
    expect(JSON.parse(data?.replace("data: ", "") ?? "")).toEqual(await newest());
    stream.leave();
  });

  it("goes on after Last-Event-ID, which counts more than ?after=", async () => {
    const first = await open(tidewire.url, tidewire.rootKey);
    const [, id = ""] = /id: (\S+)/.exec((await first.next()) ?? "") ?? [];
    first.leave();
    await tell();
    const again = await open(tidewire.url, tidewire.rootKey, "?after=start", { "last-event-id": id });
    expect(await again.next()).toBe(`: at ${id}\nid: ${id}`);
    expect(await again.next()).toContain(String((await newest())?.id));
    again.leave();
    const refused = await tidewire.api("GET", "/v1/events/stream", undefined, { headers: { "last-event-id": "?" } });
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid_cursor" } });
  });

  it.each([
    ["revoked", "DELETE", undefined],
    ["narrowed", "PATCH", { connections: ["work"] }],
  ])("ends when its key is %s", async (_, method, change) => {
    const made = await tidewire.api("POST", "/v1/keys", { name: "feed", scopes: ["events"] });
    const { id, key } = made.body.result as { id: string; key: string };
    const stream = await open(tidewire.url, key);
    await stream.next();
    const next = stream.next();
    await tidewire.api(method, `/v1/keys/${id}`, change);
    expect(await next).toBeNull();
  });

  it("costs nothing any more once its reader is gone", async () => {
    const before = tidewire.clock.pending;
    const stream = await open(tidewire.url, tidewire.rootKey);
    await stream.next();
    await vi.waitFor(() => expect(tidewire.clock.pending).toBe(before + 1));
    stream.leave();
    await vi.waitFor(() => expect(tidewire.clock.pending).toBe(before));
  });
});

describe("a server that is stopped", () => {
  it("ends its streams at once, each at the end of a record, so that the readers come again", async () => {
    const desk = new CommandLine();
    const server = await desk.serve();
    const streams = await Promise.all(Array.from({ length: 20 }, () => open(server.url, server.rootKey)));
    for (const stream of streams) await stream.next();
    const ends = streams.map((stream) => stream.next());
    await desk.close();
    expect(new Set(await Promise.all(ends))).toEqual(new Set([null]));
  });
});

describe("a reader that does not read", () => {
  let server: Listening | null = null;
  afterEach(() => server?.close(0));

  it("is read for no further than its connection holds, and gets all of it when it goes on", async () => {
    const COUNT = 3_000;
    let pages = 0;
    const desk = await Desk.open({
      wrap: (store) => ({
        ...store,
        events: { ...store.events, list: (page) => store.events.list(page).finally(() => pages++) },
      }),
    });
    const filler = "x".repeat(20_000);
    await Promise.all(Array.from({ length: COUNT }, () => desk.tell({ data: { filler } })));
    const reply = await desk.ask("events.stream", { after: "start" });
    const { body, headers } = toAnswer(reply, { method: "GET", path: "/" });
    server = await listen(() => new Response(body, { headers }), "127.0.0.1", 0);
    const answer = await openRaw(server.url);
    await once(answer, "readable");
    // Until it stands still: 60 MB wait, and no connection holds half of that.
    for (let seen = -1; seen !== pages; ) {
      seen = pages;
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pages).toBeLessThan(COUNT / 50 / 2);
    let records = 0;
    const parser = createParser({ onEvent: () => void records++ });
    for await (const chunk of answer) {
      parser.feed((chunk as Buffer).toString("latin1"));
      if (records === COUNT) break;
    }
    expect(records).toBe(COUNT);
  });
});
