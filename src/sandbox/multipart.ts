import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { Busboy } from "@fastify/busboy";
import { messageOf } from "../kernel/errors.ts";
import { invalidRequest, tooLarge } from "./api-error.ts";
import { refuseBeyond } from "./body.ts";

export interface FilePart {
  /** The form's name of the part, such as `file` or `files[]`. */
  field: string;
  /** As sent, path included; undefined when the part has none. */
  filename: string | undefined;
  mimeType: string;
}

interface FormRules {
  /** Form names whose parts are files, with or without a filename. */
  files: readonly string[];
  /** 413 beyond it. */
  fileCapBytes: number;
  /** The whole body; 413 beyond it. */
  bodyCapBytes: number;
}

/**
 * Reads a multipart form as it comes: each file goes to `receive` in chunks and is never held whole here.
 * Returns the plain fields. Throws 400 for what is not a form, 413 beyond a cap.
 */
export async function readForm(
  request: Request,
  rules: FormRules,
  receive: (part: FilePart) => (chunk: Uint8Array) => void,
): Promise<Map<string, string>> {
  const contentType = request.headers.get("content-type") ?? "";
  if (!contentType.startsWith("multipart/form-data") || !request.body) {
    throw invalidRequest("The request must be multipart/form-data.");
  }
  refuseBeyond(Number(request.headers.get("content-length") ?? 0), rules.bodyCapBytes);
  const fields = new Map<string, string>();
  const form = openForm(contentType, rules);
  // A refusal waits until the body was read: a client that is still sending could not read it.
  let refusal: unknown;
  form.on("field", (name, value) => void fields.set(name, value));
  form.on("file", (field, stream, filename: string | undefined, _encoding, mimeType) => {
    // A form that breaks off is told by the form itself.
    stream.on("error", () => stream.resume());
    stream.on("limit", () => {
      refusal ??= tooLarge(rules.fileCapBytes);
    });
    try {
      stream.on("data", receive({ field, filename, mimeType }));
    } catch (thrown) {
      refusal ??= thrown;
      stream.resume();
    }
  });
  await pipeline(Readable.fromWeb(request.body as NodeReadableStream), form).catch((cause: unknown) => {
    throw invalidRequest(`The multipart form is not valid: ${messageOf(cause)}`);
  });
  if (refusal !== undefined) throw refusal;
  return fields;
}

function openForm(contentType: string, { files, fileCapBytes }: FormRules) {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      preservePath: true,
      limits: { fileSize: fileCapBytes },
      isPartAFile: (field, _type, filename) => filename !== undefined || files.includes(field ?? ""),
    });
  } catch (cause) {
    throw invalidRequest(`The multipart form is not valid: ${messageOf(cause)}`);
  }
}
