import { createHash } from "node:crypto";
import { invalidRequest } from "./api-error.ts";
import { storedName } from "./file-name.ts";
import { readForm } from "./multipart.ts";

const FILE_CAP_BYTES = 500_000_000;
/** Room for the form around the file. */
const BODY_CAP_BYTES = FILE_CAP_BYTES + 1_000_000;
const RULES = { files: ["file"], fileCapBytes: FILE_CAP_BYTES, bodyCapBytes: BODY_CAP_BYTES };
const MIN_EXPIRY_S = 3_600;
const MAX_EXPIRY_S = 7_776_000;

export interface ReceivedFile {
  filename: string;
  mimeType: string;
  sizeBytes: number;
  sha256: string;
  expiresInSeconds: number | undefined;
}

/** Takes in an uploaded file: its bytes are counted and hashed as they pass, not kept. Throws 400, or 413 beyond 500 MB. */
export async function receiveUpload(request: Request): Promise<ReceivedFile> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let part: { filename: string | undefined; mimeType: string } | undefined;
  const fields = await readForm(request, RULES, (received) => {
    if (received.field !== "file") throw invalidRequest(`${received.field}: Extra inputs are not permitted`);
    if (part) throw invalidRequest("file: only one file may be uploaded at a time");
    part = received;
    return (chunk) => {
      sizeBytes += chunk.byteLength;
      hash.update(chunk);
    };
  });
  if (!part) throw invalidRequest("file: Field required");
  const { filename, mimeType } = part;
  return {
    filename: storedName(filename, mimeType),
    mimeType,
    sizeBytes,
    sha256: hash.digest("hex"),
    expiresInSeconds: expirySeconds(fields),
  };
}

function expirySeconds(fields: Map<string, string>): number | undefined {
  const extra = [...fields.keys()].find((name) => name !== "expires_in_seconds");
  if (extra !== undefined) throw invalidRequest(`${extra}: Extra inputs are not permitted`);
  const text = fields.get("expires_in_seconds");
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw invalidRequest("expires_in_seconds: Input should be a valid integer");
  const seconds = Number(text);
  if (seconds < MIN_EXPIRY_S || seconds > MAX_EXPIRY_S) {
    throw invalidRequest(`expires_in_seconds: Input should be between ${MIN_EXPIRY_S} and ${MAX_EXPIRY_S}`);
  }
  return seconds;
}
