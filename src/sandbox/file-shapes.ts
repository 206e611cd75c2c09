import type { JsonObject } from "../kernel/json.ts";
import type { Call } from "./endpoint.ts";
import { apiTime, apiTimeOrNull } from "./world-clock.ts";

/** Selects the shape and paging of before August 2026. */
const OLD_SHAPE = "files-api-2025-04-14";

export interface FileRecord {
  id: string;
  filename: string;
  mimeType: string;
  sizeBytes: number;
  createdAt: number;
  expiresAt: number | null;
  /** Hex; what was received, for those who want to know that it arrived whole. */
  sha256: string;
  /** Kept only for files that can be downloaded; null = uploaded. */
  content: Uint8Array<ArrayBuffer> | null;
}

/** A file that appears without an upload, as code execution and skills make them. */
export interface NewFile {
  filename: string;
  /** `application/octet-stream` unless given. */
  mimeType?: string;
  content?: string | Uint8Array;
  /** True unless given: what tools make can be downloaded, what is uploaded cannot. */
  downloadable?: boolean;
  expiresInSeconds?: number;
}

export function isOldFileShape({ betas }: Call): boolean {
  return betas.has(OLD_SHAPE);
}

/** A file in the shape that the caller asked for. */
export function showFile(file: FileRecord, call: Call): JsonObject {
  return {
    id: file.id,
    type: "file",
    filename: file.filename,
    mime_type: file.mimeType,
    size_bytes: file.sizeBytes,
    created_at: apiTime(file.createdAt),
    downloadable: file.content !== null,
    ...(isOldFileShape(call) ? {} : { expires_at: apiTimeOrNull(file.expiresAt) }),
  };
}
