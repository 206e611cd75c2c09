import { isObject } from "../kernel/json.ts";
import { type BinaryInput, isBinaryInput } from "../model/binary.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2,3})?$/;
const KEYS = new Set(["filename", "content_type", "data"]);

/** A file as given: one already, base64 text, or `{filename, content_type?, data: base64}`; null when it is none of these. */
export function readBinary(value: unknown, name: string): BinaryInput | null {
  if (isBinaryInput(value)) return value;
  if (typeof value === "string") return decode(value, name, undefined);
  if (!isObject(value) || typeof value.data !== "string" || !Object.keys(value).every((key) => KEYS.has(key)))
    return null;
  const { filename = name, content_type } = value;
  if (typeof filename !== "string" || (content_type !== undefined && typeof content_type !== "string")) return null;
  return decode(value.data, filename, content_type);
}

function decode(base64: string, filename: string, contentType: string | undefined): BinaryInput | null {
  const text = base64.replace(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/");
  if (!BASE64.test(text)) return null;
  const bytes = Buffer.from(text, "base64");
  return {
    filename,
    contentType: contentType ?? "application/octet-stream",
    size: bytes.byteLength,
    async *open() {
      yield bytes;
    },
  };
}
