import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { Command } from "../../command.ts";
import { TidewireError } from "../../kernel/errors.ts";
import { isDeeper, isObject, MAX_JSON_LEVELS } from "../../kernel/json.ts";
import { HOOK_PATH, type Http, headerOf } from "./caller.ts";
import { readBytes } from "./read-bytes.ts";
import { cutShort, tooLarge } from "./reply.ts";

/** What a request asks of a command. */
export interface RequestInput {
  input: Record<string, unknown>;
  /** What an idempotency key compares. */
  fingerprint: string;
  /** Lets go of what the input holds (files of an upload); null when it holds nothing. */
  dispose: (() => Promise<void>) | null;
}

const MAX_JSON_BYTES = 1024 * 1024;
/** Room for part headers and fields beside the files of an upload. */
const FORM_OVERHEAD_BYTES = 1024 * 1024;

/** Path, query and body members as one input; the body alone under `bodyAs` where the command says so. */
export async function readInput(c: Http, http: Command["http"], uploadLimit: () => number): Promise<RequestInput> {
  const path = c.req.param() as Record<string, string>;
  const query = queryOf(c);
  if (http.method === "GET" || http.method === "DELETE") {
    return { input: place(http, path, query, {}), fingerprint: "", dispose: null };
  }
  const contentType = headerOf(c, "content-type") ?? "";
  if (/^multipart\/form-data/i.test(contentType)) {
    const { receiveForm } = await import("./form.ts"); // with a parser of its own, which most starts never need
    const form = await receiveForm(streamOf(c), { "content-type": contentType }, uploadLimit() + FORM_OVERHEAD_BYTES);
    const input = { ...place(http, path, query, form.values), ...(http.bodyAs ? { text: true } : {}) };
    return { input, fingerprint: form.digest, dispose: form.dispose };
  }
  const text = await readText(c);
  return { input: place(http, path, query, parseBody(text, contentType)), fingerprint: text, dispose: null };
}

function place(
  http: Command["http"],
  path: Record<string, string>,
  query: Record<string, unknown>,
  body: Record<string, unknown>,
): Record<string, unknown> {
  if (!http.bodyAs) return { ...query, ...body, ...path };
  if (http.method !== "GET") return { ...query, [http.bodyAs]: body, ...path };
  // On GET the operation's own input comes as query members, beside the command's two.
  const { connection, fields, ...rest } = query;
  return {
    ...(connection === undefined ? {} : { connection }),
    ...(fields === undefined ? {} : { fields }),
    [http.bodyAs]: rest,
    text: true,
    ...path,
  };
}

function queryOf(c: Http): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  if (!c.req.url.includes("?")) return query;
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (name === "api_key" && c.req.path.startsWith(HOOK_PATH)) continue; // a key is no input
    const plain = name.endsWith("[]") ? name.slice(0, -2) : name;
    query[plain] = plain !== name || values.length > 1 ? values : values[0];
  }
  return query;
}

/** The body as text; one that ends before its end was cut short by its sender. */
async function readText(c: Http): Promise<string> {
  const length = Number(headerOf(c, "content-length") ?? Number.NaN);
  if (length > MAX_JSON_BYTES) throw tooLarge(MAX_JSON_BYTES);
  try {
    if (!Number.isNaN(length)) return await c.req.text();
    if (c.req.raw.body === null) return "";
    return (await readBytes(c, MAX_JSON_BYTES)).toString("utf8");
  } catch (cause) {
    throw cause instanceof TidewireError ? cause : cutShort(cause);
  }
}

function streamOf(c: Http): Readable {
  return c.env?.incoming ?? Readable.fromWeb((c.req.raw.body ?? new ReadableStream()) as NodeReadableStream);
}

function parseBody(text: string, contentType: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  if (contentType !== "" && !/^application\/([\w.+-]+\+)?json\b/i.test(contentType)) {
    throw new TidewireError(
      "unsupported_media_type",
      `Send JSON with content-type application/json, not "${contentType}".`,
    );
  }
  const body = parseJson(text);
  if (!isObject(body)) throw new TidewireError("invalid_json", "The body must be a JSON object.");
  const mayBeDeep = text.length > 2 * MAX_JSON_LEVELS; // each level opens and closes
  if (mayBeDeep && isDeeper(body, MAX_JSON_LEVELS)) {
    throw new TidewireError("invalid_json", `The body may be nested ${MAX_JSON_LEVELS} levels deep at most.`);
  }
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TidewireError("invalid_json", `The body is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
