import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Command } from "../../../src/command.ts";
import type { CallMeta } from "../../../src/model/reply.ts";
import { type Answer, keepable, toAnswer, toSend } from "../../../src/surfaces/http/reply.ts";

const HTTP: Command["http"] = { method: "POST", path: "/v1/things" };
const META: CallMeta = {
  connection: "work",
  upstream: { status: 200, request_id: "req_up", headers: { "request-id": "req_up" } },
  attempts: 2,
};
const JSON_TYPE = "application/json; charset=utf-8";

async function* of<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}
const bodyOf = async ({ body }: Answer) =>
  typeof body === "string" ? body : Buffer.concat(await Readable.from(body).toArray()).toString("utf8");

describe("a value", () => {
  it("stands in result, with the meta of the call behind it", () => {
    expect(toAnswer({ kind: "value", value: { id: 1 } }, HTTP)).toEqual({
      status: 200,
      headers: { "content-type": JSON_TYPE, "x-content-type-options": "nosniff" },
      body: '{"result":{"id":1}}',
    });
    const { body } = toAnswer({ kind: "value", value: null, meta: META }, HTTP);
    expect(JSON.parse(body as string)).toEqual({ result: null, meta: META });
  });

  it("is the whole body where the command says so, with its own status and headers", () => {
    const answer = toAnswer(
      { kind: "value", value: [1], meta: META, headers: { location: "/v1/things/1" } },
      { ...HTTP, bare: true, status: 201 },
    );
    expect(answer).toEqual({
      status: 201,
      headers: { "content-type": JSON_TYPE, "x-content-type-options": "nosniff", location: "/v1/things/1" },
      body: "[1]",
    });
  });
});

describe("a list", () => {
  it("has result and next_cursor", () => {
    const { body } = toAnswer({ kind: "list", value: [1, 2], nextCursor: "c", meta: META }, HTTP);
    expect(JSON.parse(body as string)).toEqual({ result: [1, 2], next_cursor: "c", meta: META });
    expect(toAnswer({ kind: "list", value: [], nextCursor: null }, HTTP).body).toBe('{"result":[],"next_cursor":null}');
    expect(toAnswer({ kind: "list", value: [1], nextCursor: null }, { ...HTTP, bare: true }).body).toBe("[1]");
  });
});

describe("a body", () => {
  it("says the same sent as text, short, or as bytes, long", async () => {
    for (const length of [1, 16 * 1024, 16 * 1024 + 1, 300_000]) {
      const text = "é".repeat(length);
      const sent = toSend(text);
      expect(sent instanceof Uint8Array).toBe(length > 16 * 1024);
      expect(await new Response(sent).text()).toBe(text);
    }
  });
});

describe("a stream", () => {
  it("is written as server-sent events, line by line", async () => {
    const events = of(
      { event: "start", data: '{"a":1}', id: "7" },
      { event: null, data: "two\nlines" },
      { event: "empty", data: "" },
    );
    const answer = toAnswer({ kind: "stream", events, meta: META }, HTTP);
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" } });
    expect(await bodyOf(answer)).toBe(
      'id: 7\nevent: start\ndata: {"a":1}\n\ndata: two\ndata: lines\n\nevent: empty\ndata: \n\n',
    );
  });

  it("of a feed has heartbeats, which are comments with an id and no event", async () => {
    const events = of({ heartbeat: true as const, id: "MQ" }, { event: "files.created", data: "{}", id: "Mg" });
    const answer = toAnswer({ kind: "feed", events }, HTTP);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store, no-transform", connection: "close" });
    expect(await bodyOf(answer)).toBe(": at MQ\nid: MQ\n\nid: Mg\nevent: files.created\ndata: {}\n\n");
  });

  it("of rows is written as JSON Lines", async () => {
    const answer = toAnswer({ kind: "rows", rows: of({ a: 1 }, { a: "\n" }) }, HTTP);
    expect(answer.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
    expect(await bodyOf(answer)).toBe('{"a":1}\n{"a":"\\n"}\n');
  });

  it("tells in headers what there is no room for in its body", () => {
    const { headers } = toAnswer({ kind: "rows", rows: of(), meta: { ...META, sandbox: true } }, HTTP);
    expect(headers).toMatchObject({
      "tidewire-connection": "work",
      "tidewire-sandbox": "true",
      "tidewire-upstream-request-id": "req_up",
      "x-content-type-options": "nosniff",
    });
    expect(Object.keys(toAnswer({ kind: "rows", rows: of() }, HTTP).headers)).toEqual([
      "content-type",
      "x-content-type-options",
    ]);
  });
});

describe("bytes", () => {
  const bytes = (filename: string | null, length: number | null = null) =>
    toAnswer(
      { kind: "bytes", body: of(Buffer.from("ab"), Buffer.from("c")), contentType: "text/html", length, filename },
      HTTP,
    );

  it("come as they are, to be saved and not shown", async () => {
    const answer = bytes(null, 3);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html",
      "content-length": "3",
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
    });
    expect(await bodyOf(answer)).toBe("abc");
    expect(bytes(null).headers).not.toHaveProperty("content-length");
  });

  it.each([
    ["report.pdf", "attachment; filename*=UTF-8''report.pdf"],
    ["Gezeiten für 'Föhr'.csv", "attachment; filename*=UTF-8''Gezeiten%20f%C3%BCr%20%27F%C3%B6hr%27.csv"],
    [
      'a"; filename=b\r\nset-cookie: x=1',
      "attachment; filename*=UTF-8''a%22%3B%20filename%3Db%0D%0Aset-cookie%3A%20x%3D1",
    ],
  ])("named %j break no header", (filename, header) => {
    const { headers } = bytes(filename);
    expect(headers["content-disposition"]).toBe(header);
    expect(() => new Headers(headers)).not.toThrow();
  });
});

describe("what is remembered for an idempotency key", () => {
  it("is an answer that is there as a whole", () => {
    expect(keepable(toAnswer({ kind: "value", value: 1 }, HTTP))).toBe(true);
    expect(keepable(toAnswer({ kind: "list", value: [], nextCursor: null }, HTTP))).toBe(true);
    expect(keepable(toAnswer({ kind: "rows", rows: of() }, HTTP))).toBe(false);
  });
});
