import { TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import type { CallMeta, Reply } from "../model/reply.ts";
import { readAnswer } from "./answer.ts";
import type { EngineDeps, OperationCall } from "./call.ts";
import { cursorOf, positionOf } from "./cursor.ts";
import { filenameOf } from "./filename.ts";
import { readJsonLines } from "./jsonl.ts";
import { addressMask } from "./masked.ts";
import { nextPage } from "./next-page.ts";
import { oncePer } from "./once-per.ts";
import { readChunks, readText, recordsOf } from "./read.ts";
import { present } from "./select.ts";
import type { Exchange } from "./send.ts";
import { readSse } from "./sse.ts";

/** Turns the head of an answer into the reply that its operation declares; streams are read by whoever gets the reply. */
export function toReply(deps: EngineDeps, exchange: Exchange): Reply | Promise<Reply> {
  const { call } = exchange;
  const meta = metaOf(exchange);
  switch (answerType(call)) {
    case "sse":
      return { kind: "stream", events: readSse(readChunks(expect(exchange, "text/event-stream"))), meta };
    case "jsonl":
      return { kind: "rows", rows: presentRows(call, readJsonLines(readChunks(exchange))), meta };
    case "binary":
      return bytesReply(exchange, meta);
    case "text":
      return textReply(exchange, meta);
    case "none":
      return textReply(exchange, meta).then((reply) => ({ ...reply, value: null }));
    case "json":
      return jsonReply(deps, exchange, meta);
  }
}

/** The kind of answer that is due: an operation that can stream does so when its input says `stream: true`. */
function answerType({ operation, input }: OperationCall): OperationCall["operation"]["response"]["type"] {
  return operation.response.stream && input.stream === true ? "sse" : operation.response.type;
}

async function textReply(exchange: Exchange, meta: CallMeta): Promise<Extract<Reply, { kind: "value" }>> {
  return { kind: "value", value: await readText(exchange), meta };
}

async function jsonReply(deps: EngineDeps, exchange: Exchange, meta: CallMeta): Promise<Reply> {
  const { call } = exchange;
  const answer = await readAnswer(deps, exchange);
  if (call.operation.response.records === null) return { kind: "value", value: present(call, answer.record), meta };
  const records = recordsOf(call, answer.record);
  const position = positionOf(call);
  const next = nextPage(call, answer, records.length, position);
  if (next.kind === "astray") throw next.error;
  if (next.kind === "more" && next.token === position?.token) throw goesInCircles(call);
  const nextCursor = next.kind === "more" ? cursorOf(call, next) : null;
  return { kind: "list", value: records.map((record) => present(call, record)), nextCursor, meta };
}

function goesInCircles({ operation }: OperationCall): TidewireError {
  return new TidewireError(
    "upstream_invalid",
    `${operation.id}: the provider names the same page as the next one again.`,
  );
}

function bytesReply(exchange: Exchange, meta: CallMeta): Reply {
  const { headers } = exchange.response;
  const length = /^\d+$/.test(headers["content-length"] ?? "") ? Number(headers["content-length"]) : null;
  return {
    kind: "bytes",
    body: readChunks(exchange),
    contentType: headers["content-type"] ?? "application/octet-stream",
    length,
    filename: filenameOf(headers["content-disposition"]),
    meta,
  };
}

async function* presentRows(call: OperationCall, rows: AsyncIterable<Json>): AsyncGenerator<Json> {
  for await (const row of rows) yield present(call, row);
}

/** Refuses an answer of another type than the one that was asked for, rather than pass on an empty stream. */
function expect(exchange: Exchange, type: string): Exchange {
  const { call, response } = exchange;
  const given = response.headers["content-type"] ?? type;
  if (given.startsWith(type)) return exchange;
  exchange.deadline.close();
  response.body.discard();
  throw new TidewireError(
    "upstream_invalid",
    `${call.operation.id}: the provider answered ${given} where ${type} was asked for.`,
  );
}

function metaOf(exchange: Exchange): CallMeta {
  const { call, response, attempts } = exchange;
  const { operation, account } = call;
  const { requestIdHeader } = operation.errors;
  const request_id = (requestIdHeader === null ? undefined : response.headers[requestIdHeader]) ?? null;
  return {
    connection: account.name,
    ...(account.sandbox ? { sandbox: true as const } : {}),
    upstream: { status: response.status, request_id, headers: captured(exchange) },
    attempts,
  };
}

/** The headers that the manifest keeps; `x-*` takes all that begin with `x-`. A provider repeats the address in `link`, say. */
function captured(exchange: Exchange): Record<string, string> {
  const { headers } = exchange.response;
  const names = exchange.call.connector.capture;
  const { exact, prefixes } = captureOf(names, () => compileCapture(names));
  const mask = addressMask(exchange);
  const kept: Record<string, string> = {};
  for (const header in headers) {
    if (!exact.has(header) && !prefixes.some((prefix) => header.startsWith(prefix))) continue;
    const value = headers[header] as string;
    kept[header] = mask === null ? value : mask(value);
  }
  return kept;
}

const captureOf = oncePer<readonly string[], { exact: ReadonlySet<string>; prefixes: string[] }>();

function compileCapture(names: readonly string[]): { exact: ReadonlySet<string>; prefixes: string[] } {
  const exact = new Set(names.filter((name) => !name.endsWith("*")));
  const prefixes = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  return { exact, prefixes };
}
