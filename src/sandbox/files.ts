import { createHash } from "node:crypto";
import type { JsonObject } from "../kernel/json.ts";
import { invalidRequest, notFoundError } from "./api-error.ts";
import { Collection } from "./collections.ts";
import { type Call, deleted, type Endpoint, json } from "./endpoint.ts";
import { type FileRecord, isOldFileShape, type NewFile, showFile } from "./file-shapes.ts";
import { receiveUpload } from "./file-upload.ts";
import { listById, listByToken } from "./paging.ts";
import type { Setting } from "./setting.ts";

const MAX_IDS = 100;
/** An expired file stays listed this long. */
const VANISHES_AFTER_MS = 30 * 86_400_000;

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
    const { expiresInSeconds, ...received } = await receiveUpload(call.request);
    return json(showFile(this.#keep({ ...received, content: null, expiresAt: this.#expiry(expiresInSeconds) }), call));
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
      show: (file: FileRecord) => showFile(file, call),
      faults,
    };
    if (isOldFileShape(call)) return json(listById(this.#all, listing));
    if (query.has("ids[]")) return json(this.#some(call));
    return json(listByToken(this.#all, listing));
  };

  /** GET /v1/files/{id} */
  readonly read: Endpoint = (call) => json(showFile(this.#get(call.param("id")), call));

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
    return { data: found.map((file) => showFile(file, call)), next_page: null };
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
