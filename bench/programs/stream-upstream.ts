import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { FILE_BYTES, pieces, take } from "../large-file.ts";
import { FIRST_EVENT, OTHER_EVENTS } from "../message-stream.ts";
import { obey } from "./obey.ts";

/** The provider of A3: takes and gives a large file, and streams messages. */
const THINKS_MS = 1;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.headers["x-api-key"] !== "sk-ant-bench") return void response.writeHead(401).end();
  const asked = `${request.method} ${request.url}`;
  if (asked === "POST /v1/messages") return streamMessage(request, response);
  if (asked === "POST /v1/files/large") return void response.end(JSON.stringify(await take(request)));
  if (asked === "GET /v1/files/large/content") {
    response.writeHead(200, { "content-type": "application/pdf", "content-length": FILE_BYTES });
    return pipeline(Readable.from(pieces()), response);
  }
  response.setHeader("content-type", "application/json").end(JSON.stringify({ data: [], has_more: false }));
}

async function streamMessage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await take(request);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.write(FIRST_EVENT);
  await sleep(THINKS_MS);
  response.end(OTHER_EVENTS);
}

const server = createServer((request, response) => void answer(request, response));
server.listen(0, "127.0.0.1", () => obey({}, `http://127.0.0.1:${(server.address() as AddressInfo).port}`));
