import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Busboy } from "@fastify/busboy";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FormPart, multipartBody } from "../../src/engine/multipart.ts";
import type { BinaryInput } from "../../src/model/binary.ts";
import { collect } from "../support/chunks.ts";

type Parsed = { name: string; value: string } | { name: string; filename: string; contentType: string; bytes: Buffer };

const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.constantFrom("\r\n", "--", "--tidewire-", "a", '"', "\0"))
    .map((parts) => new TextEncoder().encode(parts.join(""))),
);
const file = fc.record({
  filename: fc.stringMatching(/^[a-z0-9 äß日_.-]{1,20}\.txt$/),
  contentType: fc.constantFrom("text/plain", "application/octet-stream", "image/png"),
  chunks: fc.array(content, { maxLength: 4 }),
});
const part = fc.record({
  name: fc.stringMatching(/^[a-z_[\]]{1,12}$/),
  value: fc.oneof(fc.string({ unit: "grapheme" }), file),
});

test("any form comes out of an independent parser as it went in, and is as long as it said", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
      const form: FormPart[] = parts.map(({ name, value }) => ({
        name,
        value: typeof value === "string" ? value : toInput(value),
      }));
      const body = multipartBody(form, 1_000_000);
      const bytes = Buffer.concat(await collect(body.open() as AsyncIterable<Uint8Array>));
      expect(bytes.length).toBe(body.length);
      const parsed = parts.length === 0 ? [] : await parse(bytes, body.contentType);
      const fields = parsed.filter((p) => "value" in p);
      const files = parsed.filter((p) => "bytes" in p);
      expect(fields).toEqual(parts.flatMap(({ name, value }) => (typeof value === "string" ? [{ name, value }] : [])));
      expect(files).toEqual(
        parts.flatMap(({ name, value }) => (typeof value === "string" ? [] : [{ name, ...whole(value) }])),
      );
    }),
    { numRuns: 200 },
  );
});

test("quotes and line ends in a name are escaped as the HTML standard says, so that no header can be added", async () => {
  const evil: BinaryInput = { ...toInput({ filename: 'a"\r\nx-evil: 1.txt', contentType: "text/plain", chunks: [] }) };
  const body = multipartBody([{ name: 'n"\n', value: evil }], 10);
  const text = Buffer.concat(await collect(body.open() as AsyncIterable<Uint8Array>)).toString();
  expect(text).toContain('form-data; name="n%22%0A"; filename="a%22%0D%0Ax-evil: 1.txt"\r\n');
});

function toInput({
  filename,
  contentType,
  chunks,
}: {
  filename: string;
  contentType: string;
  chunks: Uint8Array[];
}): BinaryInput {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return {
    filename,
    contentType,
    size,
    open: async function* () {
      yield* chunks;
    },
  };
}

function whole({ filename, contentType, chunks }: { filename: string; contentType: string; chunks: Uint8Array[] }) {
  return { filename, contentType, bytes: Buffer.concat(chunks) };
}

async function parse(bytes: Buffer, contentType: string): Promise<Parsed[]> {
  const found: Promise<Parsed>[] = [];
  const busboy = new Busboy({ headers: { "content-type": contentType }, preservePath: true });
  busboy.on("field", (name, value) => found.push(Promise.resolve({ name, value })));
  busboy.on("file", (name, stream, filename, _encoding, type) => {
    found.push(buffer(stream).then((read) => ({ name, filename, contentType: type, bytes: read })));
  });
  const finished = new Promise<void>((resolve, reject) => busboy.on("finish", resolve).on("error", reject));
  Readable.from([bytes]).pipe(busboy);
  await finished;
  return Promise.all(found);
}
