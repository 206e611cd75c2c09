import { hash } from "node:crypto";
import { parseExactly } from "../kernel/exact-json.ts";
import { freeBytes } from "../kernel/free-bytes.ts";
import type { Json } from "../kernel/json.ts";
import type { EngineDeps, OperationCall } from "./call.ts";
import { sendAuthorized } from "./credential.ts";
import type { PageParams } from "./page-params.ts";
import { jsonOf, readBytes, readText } from "./read.ts";
import { buildRequest, type UpstreamRequest } from "./request.ts";
import type { Exchange } from "./send.ts";

/** A whole JSON answer, as the provider gave it. */
export interface Answer {
  record: Json;
  status: number;
  headers: Record<string, string>;
  attempts: number;
  request: UpstreamRequest;
}

/** The provider's own record of a `read`: proof that it is there. What is not there throws `upstream_error` with `upstream.status`. */
export async function readRecord(deps: EngineDeps, call: OperationCall): Promise<Json> {
  const exchange = await sendAuthorized(deps, call, buildRequest(call));
  return jsonOf(exchange, await readText(exchange), deps.clock.now(), parseExactly);
}

/** The body of an exchange as JSON, with what its head said. */
export async function readAnswer({ clock }: EngineDeps, exchange: Exchange): Promise<Answer> {
  return answerOf(exchange, jsonOf(exchange, await readText(exchange), clock.now()));
}

/** A whole answer whose JSON has not been looked at. */
export interface UnparsedAnswer {
  /** Equal for answers of the same bytes and with the same `link` header, which is all that paging reads of one. */
  digest: string;
  bytes: Buffer;
  /** Its JSON, or that of a text made of it. Throws as `jsonOf` does. */
  parse(text?: string): Answer;
  /** Lets go of its bytes. */
  discard(): void;
}

/** Runs an operation and reads its answer, but leaves parsing it to whoever finds that it is not as before. */
export async function callUnparsed(deps: EngineDeps, call: OperationCall, page: PageParams): Promise<UnparsedAnswer> {
  const exchange = await sendAuthorized(deps, call, buildRequest(call, page));
  const { buffer, byteOffset, byteLength } = await readBytes(exchange);
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const { link = "" } = exchange.response.headers;
  return {
    digest: deps.digest(bytes) + (link && `.${hash("sha256", link, "base64url")}`),
    bytes,
    parse: (text = utf8.decode(bytes)) => answerOf(exchange, jsonOf(exchange, text, deps.clock.now(), parseExactly)),
    discard: () => freeBytes(bytes),
  };
}

const utf8 = new TextDecoder();

function answerOf({ response, attempts, request }: Exchange, record: Json): Answer {
  return { record, status: response.status, headers: response.headers, attempts, request };
}
