import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { TidewireError } from "../../kernel/errors.ts";
import type { BinaryInput } from "../../model/binary.ts";
import { tooLarge } from "./reply.ts";
import { makeUploadFolder } from "./upload-folder.ts";

/** A multipart form that has come in whole. Files lie on disk, so that memory stays flat and a call can be tried again. */
export interface Form {
  /** By name, `[]` taken off; an array when a name came more than once or with `[]`. */
  values: Record<string, unknown>;
  /** SHA-256 over names, values and contents: what an idempotency key compares. */
  digest: string;
  /** Removes the files. */
  dispose: () => Promise<void>;
}

/** Of all names and texts together: only they are held in memory. */
const MAX_TEXT_BYTES = 1024 * 1024;
const MAX_PARTS = 1_000;

/**
 * Reads `multipart/form-data` (RFC 7578) to the end. Throws `payload_too_large` when it has more than `maxBytes`, or more than
 * 1 MiB of it is not files, and `invalid_input` when it is broken or cut short.
 */
export async function receiveForm(
  body: Readable,
  headers: { "content-type": string },
  maxBytes: number,
): Promise<Form> {
  const folder = await makeUploadFolder();
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    const { entries, digest } = await readParts(body, headers, maxBytes, folder);
    return { values: group(entries), digest, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

type Entry = { name: string; value: string | BinaryInput };

async function readParts(body: Readable, headers: { "content-type": string }, maxBytes: number, folder: string) {
  const entries: Entry[] = [];
  const hash = createHash("sha256");
  const files: Readable[] = [];
  const writes: Promise<void>[] = [];
  const busboy = openBusboy(headers);
  let textBytes = 0;
  const hold = (...texts: string[]) => {
    for (const text of texts) textBytes += Buffer.byteLength(text);
    if (textBytes > MAX_TEXT_BYTES) busboy.destroy(tooLarge(MAX_TEXT_BYTES));
  };
  busboy.on("field", (name, value, _nameCut, valueCut) => {
    if (valueCut) busboy.destroy(tooLarge(MAX_TEXT_BYTES));
    hold(name, value);
    hash.update(JSON.stringify([name, value]));
    entries.push({ name, value });
  });
  busboy.on("file", (name, stream, filename, _encoding, contentType) => {
    hold(name, filename ?? "", contentType);
    const path = join(folder, String(entries.length));
    const file = { filename: filename ?? "", contentType, size: 0, open: () => createReadStream(path) };
    entries.push({ name, value: file });
    hash.update(JSON.stringify([name, filename, contentType]));
    files.push(stream);
    stream.on("data", (chunk: Buffer) => {
      file.size += chunk.length;
      hash.update(chunk);
    });
    writes.push(pipeline(stream, createWriteStream(path, { mode: 0o600 })));
  });
  busboy.on("partsLimit", () =>
    busboy.destroy(new TidewireError("payload_too_large", `Send ${MAX_PARTS} parts at most.`)),
  );
  const [parsed] = await Promise.allSettled([pipeline(body, counted(maxBytes), busboy)]);
  // A form cut short leaves its last file open: close it, so that its write ends too.
  if (parsed.status === "rejected") for (const file of files) file.destroy();
  const failure = [parsed, ...(await Promise.allSettled(writes))].find((result) => result.status === "rejected");
  if (failure) throw brokenForm(failure.reason);
  return { entries, digest: hash.digest("hex") };
}

function brokenForm(cause: unknown): TidewireError {
  if (cause instanceof TidewireError) return cause;
  return new TidewireError("invalid_input", "The multipart body is broken or was cut short.", { cause });
}

function openBusboy(headers: { "content-type": string }): BusboyInstance {
  try {
    return new Busboy({ headers, limits: { fieldSize: MAX_TEXT_BYTES, parts: MAX_PARTS }, preservePath: true });
  } catch (cause) {
    throw new TidewireError("unsupported_media_type", "The multipart content type lacks its boundary.", { cause });
  }
}

function counted(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
}

function group(entries: Entry[]): Record<string, unknown> {
  const values = new Map<string, unknown[]>();
  const arrays = new Set<string>();
  for (const { name, value } of entries) {
    const plain = name.endsWith("[]") ? name.slice(0, -2) : name;
    if (plain !== name || values.has(plain)) arrays.add(plain);
    values.set(plain, [...(values.get(plain) ?? []), value]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, arrays.has(name) ? all : all[0]]));
}
