import { crc32, inflateRawSync } from "node:zlib";
import { invalidRequest, tooLarge } from "./api-error.ts";

/** A file of an archive; `path` has forward slashes. */
export interface ZipEntry {
  path: string;
  bytes: Uint8Array;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const END_LENGTH = 22;
const STORED = 0;
const DEFLATED = 8;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1980-01-01, the first day that the format knows. */
const NO_DATE = 0x21;

/** The files of a zip archive, directories left out. Throws 400 for one that cannot be read, 413 beyond `capBytes` unpacked. */
export function readZip(archive: Buffer, capBytes: number): ZipEntry[] {
  try {
    const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    if (end < 0) throw invalidRequest("The zip archive is not complete.");
    const entries: ZipEntry[] = [];
    let at = archive.readUInt32LE(end + 16);
    let total = 0;
    for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
      const { path, next, size } = centralEntry(archive, at);
      total += size;
      if (total > capBytes) throw tooLarge(capBytes);
      if (!path.endsWith("/")) entries.push({ path, bytes: contentOf(archive, at, size) });
      at = next;
    }
    return entries;
  } catch (cause) {
    if (cause instanceof RangeError) throw invalidRequest("The zip archive is not valid.");
    throw cause;
  }
}

function centralEntry(archive: Buffer, at: number): { path: string; next: number; size: number } {
  if (archive.readUInt32LE(at) !== CENTRAL_HEADER) throw invalidRequest("The zip archive is not valid.");
  const nameEnd = at + 46 + archive.readUInt16LE(at + 28);
  return {
    path: archive.toString("utf8", at + 46, nameEnd),
    next: nameEnd + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32),
    size: archive.readUInt32LE(at + 24),
  };
}

function contentOf(archive: Buffer, central: number, size: number): Uint8Array {
  const method = archive.readUInt16LE(central + 10);
  const local = archive.readUInt32LE(central + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + archive.readUInt32LE(central + 20));
  if (method === STORED) return packed;
  if (method !== DEFLATED) throw invalidRequest("The zip archive uses a compression other than deflate.");
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw invalidRequest("The zip archive is not valid.");
  }
}

/** A zip archive of the files as they are, uncompressed. */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const { path, bytes } of entries) {
    const name = Buffer.from(path);
    const shared = sharedHeader(name, bytes);
    const local = Buffer.concat([word(LOCAL_HEADER), shared, name, bytes]);
    // Version made by; after the shared part: no comment, first disk, no attributes.
    centrals.push(word(CENTRAL_HEADER), half(VERSION), shared, Buffer.alloc(10), word(offset), name);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(END_LENGTH);
  end.writeUInt32LE(END_RECORD, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...locals, directory, end]));
}

/** The 26 bytes that a local and a central header have in common. */
function sharedHeader(name: Buffer, bytes: Uint8Array): Buffer {
  return Buffer.concat([
    ...[VERSION, UTF8_NAMES, STORED, 0, NO_DATE].map(half),
    ...[crc32(bytes), bytes.length, bytes.length].map(word),
    half(name.length),
    half(0),
  ]);
}

function half(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
