import { invalidInput, TidewireError } from "../kernel/errors.ts";
import { secureBytes } from "../kernel/random.ts";
import { type BinaryInput, isBinaryInput } from "../model/binary.ts";
import type { BodySource } from "./body-source.ts";
import { exactly } from "./exactly.ts";

/** One part: a text, or a file that is read only while it is sent. */
export interface FormPart {
  name: string;
  value: string | BinaryInput;
}

/**
 * A `multipart/form-data` body (RFC 7578, names escaped as the HTML standard says) that is streamed, never held.
 * Throws `payload_too_large` when the files are larger than `maxBytes` together, while nothing has been sent.
 */
export function multipartBody(parts: FormPart[], maxBytes: number): BodySource {
  const files = parts.flatMap((part) => (isBinaryInput(part.value) ? [part.value] : []));
  const fileBytes = files.reduce((sum, file) => sum + file.size, 0);
  if (fileBytes > maxBytes) throw tooLarge(maxBytes);
  // 128 random bits: nobody can write a file that contains the boundary.
  const boundary = `tidewire-${secureBytes(16).toString("hex")}`;
  const heads = parts.map((part) => Buffer.from(`--${boundary}\r\n${headOf(part)}\r\n\r\n`));
  const tail = Buffer.from(`--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: lengthOf(parts, heads) + tail.length,
    open: () => write(parts, heads, tail),
  };
}

const NEW_LINE = Buffer.from("\r\n");

async function* write(parts: FormPart[], heads: Buffer[], tail: Buffer): AsyncGenerator<Uint8Array> {
  for (const [index, part] of parts.entries()) {
    yield heads[index] as Buffer;
    if (isBinaryInput(part.value)) yield* exactly(part.value, part.name);
    else yield Buffer.from(part.value);
    yield NEW_LINE;
  }
  yield tail;
}

function lengthOf(parts: FormPart[], heads: Buffer[]): number {
  return parts.reduce((sum, { value }, index) => {
    const bytes = isBinaryInput(value) ? value.size : Buffer.byteLength(value);
    return sum + (heads[index] as Buffer).length + bytes + NEW_LINE.length;
  }, 0);
}

function headOf({ name, value }: FormPart): string {
  const disposition = `content-disposition: form-data; name="${escape(name)}"`;
  if (!isBinaryInput(value)) return disposition;
  return `${disposition}; filename="${escape(value.filename)}"\r\ncontent-type: ${safeType(value.contentType, name)}`;
}

/** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
function escape(name: string): string {
  return name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

function safeType(contentType: string, name: string): string {
  if (/^[\x20-\x7e]*$/.test(contentType)) return contentType || "application/octet-stream";
  throw invalidInput([{ at: name, message: "the file's content type has characters that a header cannot carry" }]);
}

function tooLarge(maxBytes: number): TidewireError {
  return new TidewireError(
    "payload_too_large",
    `The files are larger than the ${maxBytes} bytes that this operation takes.`,
  );
}
