import { createHash } from "node:crypto";
import type { JsonObject } from "../kernel/json.ts";
import { invalidRequest, notFoundError } from "./api-error.ts";
import { Collection } from "./collections.ts";
import { type Call, deleted, type Endpoint, json } from "./endpoint.ts";
import { storedName } from "./file-name.ts";
import { readForm } from "./multipart.ts";
import { listById, listByToken } from "./paging.ts";
import type { Setting } from "./setting.ts";
import { apiTime, apiTimeOrNull } from "./world-clock.ts";

/** Selects the shape and paging of before August 2026. */
const OLD_SHAPE = "files-api-2025-04-14";
const FILE_CAP_BYTES = 500_000_000;
/** Room for the form around the file. */
const BODY_CAP_BYTES = FILE_CAP_BYTES + 1_000_000;
const MIN_EXPIRY_S = 3_600;
const MAX_EXPIRY_S = 7_776_000;
const MAX_IDS = 100;
/** An expired file stays listed this long. */
const VANISHES_AFTER_MS = 30 * 86_400_000;

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

/** Files of the workspace. Expiry and disappearance follow from the clock. */
export class Files {
  readonly #setting: Setting;
  readonly #all = new Collection<FileRecord>();

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get size(): number {
    return this.#all.size;
  }

  add({ filename, mimeType, content = "", downloadable = true, expiresInSeconds }: NewFile): FileRecord {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
    return this.#keep({
      filename,
      mimeType: mimeType ?? "application/octet-stream",
      sizeBytes: bytes.byteLength,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      content: downloadable ? bytes : null,
      expiresAt: this.#expiry(expiresInSeconds),
    });
  }

  /** Undefined for an unknown file and for one that vanished. */
  find(id: string): FileRecord | undefined {
    const file = this.#all.get(id);
    return file && this.#isThere(file) ? file : undefined;
  }

  delete(id: string): boolean {
    return this.#all.delete(id);
  }

  /** POST /v1/files: the bytes are counted and hashed as they pass, not kept. */
  readonly upload: Endpoint = async (call) => {
    const hash = createHash("sha256");
    let sizeBytes = 0;
    let part: { filename: string | undefined; mimeType: string } | undefined;
    const rules = { files: ["file"], fileCapBytes: FILE_CAP_BYTES, bodyCapBytes: BODY_CAP_BYTES };
    const fields = await readForm(call.request, rules, (received) => {
      if (received.field !== "file") throw invalidRequest(`${received.field}: Extra inputs are not permitted`);
      if (part) throw invalidRequest("file: only one file may be uploaded at a time");
      part = received;
      return (chunk) => {
        sizeBytes += chunk.byteLength;
        hash.update(chunk);
      };
    });
    if (!part) throw invalidRequest("file: Field required");
    const { mimeType } = part;
    const file = this.#keep({
      filename: storedName(part.filename, mimeType),
      mimeType,
      sizeBytes,
      sha256: hash.digest("hex"),
      content: null,
      expiresAt: this.#expiry(expirySeconds(fields)),
    });
    return json(show(file, call));
  };

  /** GET /v1/files: P2, or P1 for those who ask for the old shape. */
  readonly list: Endpoint = (call) => {
    const { query, faults } = call;
    // No file of the sandbox belongs to a session, so a scope finds none.
    const keep = (file: FileRecord) => !query.has("scope_id") && this.#isThere(file);
    const listing = {
      query,
      pageSize: this.#setting.pageSize,
      keep,
      show: (file: FileRecord) => show(file, call),
      faults,
    };
    if (isOld(call)) return json(listById(this.#all, listing));
    if (query.has("ids[]")) return json(this.#some(call));
    return json(listByToken(this.#all, listing));
  };

  /** GET /v1/files/{id} */
  readonly read: Endpoint = (call) => json(show(this.#get(call.param("id")), call));

  /** GET /v1/files/{id}/content: 400 for uploads, 404 once expired. */
  readonly content: Endpoint = ({ param }) => {
    const file = this.#get(param("id"));
    if (file.expiresAt !== null && file.expiresAt <= this.#setting.clock.now()) {
      throw notFoundError(`File \`${file.id}\` has expired.`, "file_expired");
    }
    if (file.content === null) {
      throw invalidRequest(`File \`${file.id}\` is not downloadable.`, "file_not_downloadable");
    }
    return { contentType: file.mimeType, body: file.content };
  };

  /** DELETE /v1/files/{id} */
  readonly remove: Endpoint = ({ param }) => {
    const { id } = this.#get(param("id"));
    this.#all.delete(id);
    return deleted(id, "file_deleted");
  };

  #some(call: Call): JsonObject {
    const ids = new Set(call.query.getAll("ids[]"));
    if (call.query.has("page") || call.query.has("limit")) {
      throw invalidRequest("ids: may not be combined with page or limit");
    }
    if (ids.size > MAX_IDS)
      throw invalidRequest(`ids: List should have at most ${MAX_IDS} items after validation, not ${ids.size}`);
    const found = [...ids].map((id) => this.find(id)).filter((file) => file !== undefined);
    return { data: found.map((file) => show(file, call)), next_page: null };
  }

  #keep(file: Omit<FileRecord, "id" | "createdAt">): FileRecord {
    const record = { id: this.#setting.newId("file"), createdAt: this.#setting.clock.now(), ...file };
    this.#all.add(record, record.createdAt);
    return record;
  }

  #get(id: string): FileRecord {
    const file = this.find(id);
    if (!file) throw notFoundError(`File \`${id}\` not found.`);
    return file;
  }

  #isThere({ expiresAt }: FileRecord): boolean {
    return expiresAt === null || expiresAt + VANISHES_AFTER_MS > this.#setting.clock.now();
  }

  #expiry(seconds: number | undefined): number | null {
    return seconds === undefined ? null : this.#setting.clock.now() + seconds * 1_000;
  }
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

function isOld({ betas }: Call): boolean {
  return betas.has(OLD_SHAPE);
}

function show(file: FileRecord, call: Call): JsonObject {
  return {
    id: file.id,
    type: "file",
    filename: file.filename,
    mime_type: file.mimeType,
    size_bytes: file.sizeBytes,
    created_at: apiTime(file.createdAt),
    downloadable: file.content !== null,
    ...(isOld(call) ? {} : { expires_at: apiTimeOrNull(file.expiresAt) }),
  };
}
