import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { answerBytes, headerOf, messages } from "../../bench/wire.ts";

type Message = [head: string, body: string];

function readIn(chunks: Iterable<Buffer>): Message[] {
  const seen: Message[] = [];
  const read = messages((head, body) => void seen.push([head, body.toString("utf8")]));
  for (const chunk of chunks) read(chunk);
  return seen;
}

/** The bytes in chunks of the given sizes, over and over. */
function* cut(bytes: Buffer, sizes: number[]): Generator<Buffer> {
  for (let from = 0, n = 0; from < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

describe("messages", () => {
  test("come out whole however the connection cuts them", () => {
    const bodies = fc.array(fc.string({ unit: "grapheme", maxLength: 60 }), { minLength: 1, maxLength: 8 });
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(bodies, sizes, (texts, lengths) => {
        const bytes = Buffer.concat(texts.map((text) => answerBytes("200 OK", { "x-a": "b" }, text)));
        expect(readIn(cut(bytes, lengths)).map(([, body]) => body)).toEqual(texts);
      }),
    );
  });

  it("may have no body, and must say the length of one they have", () => {
    const bare = "GET /x HTTP/1.1\r\nhost: a";
    expect(readIn([Buffer.from(`${bare}\r\n\r\n${bare}\r\n\r\n`)])).toEqual([
      [bare, ""],
      [bare, ""],
    ]);
    expect(readIn([answerBytes("204 No Content", {}, "")])).toEqual([["HTTP/1.1 204 No Content", ""]]);
    const chunked = Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    expect(() => readIn([chunked])).toThrow("of a given length only");
  });
});

test("headerOf finds a header in any case and does not take a part of another's name", () => {
  const head = "HTTP/1.1 200 OK\r\nX-Request-ID: 1\r\nRequest-Id: 2";
  expect(headerOf(head, "request-id")).toBe("2");
  expect(headerOf(head, "id")).toBeNull();
});
