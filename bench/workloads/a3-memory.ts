import { createHash } from "node:crypto";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import { type Came, FILE_BYTES, pieces, take } from "../large-file.ts";
import { KEY } from "../product.ts";
import { type Program, startProgram } from "../program.ts";
import { startConnected, startForwarder } from "../sides.ts";
import type { Sample } from "../statistics.ts";
import { usageOf } from "../usage.ts";
import { inTurns, type Measurement, must, type Plan } from "../workload.ts";

const MB = 1024 * 1024;
const SENT: Came = { bytes: FILE_BYTES, sha256: sha256Of(pieces()) };

type Transfer = (base: string, look: () => void) => Promise<Came>;

/**
 * A3, large files: by how much the memory of a process that was just started, and has passed on nothing yet, is higher at its
 * highest while 100 MB pass through. Against a forwarder that joins socket to socket.
 */
export async function a3Memory(plan: Plan): Promise<Measurement[]> {
  const upstream = await startProgram("stream-upstream");
  const measure = async (id: string, what: string, transfer: Transfer): Promise<Measurement> => {
    const product = async () => {
      const server = await startConnected(plan.folder, upstream);
      return growth(server, `${server.url}/v1/proxy/claude-api`, transfer);
    };
    const limit = async () => {
      const forwarder = await startForwarder(upstream);
      return growth(forwarder, forwarder.url, transfer);
    };
    const rounds = await inTurns(plan, "MB", product, limit);
    return { id, what, against: "bare undici stream", unit: "MB", target: { atMost: 40 }, rounds };
  };
  const measurements = [
    await measure("A3_upload_memory", "proxy, 100 MB up: memory that it takes more", upload),
    await measure("A3_download_memory", "proxy, 100 MB down: memory that it takes more", download),
  ];
  await upstream.stop();
  return measurements;
}

async function growth(side: Pick<Program, "pid" | "stop">, base: string, transfer: Transfer): Promise<Sample> {
  const before = usageOf(side.pid);
  let peak = before.rssBytes;
  const came = await transfer(base, () => (peak = Math.max(peak, usageOf(side.pid).rssBytes)));
  const cpuMs = usageOf(side.pid).cpuMs - before.cpuMs;
  await side.stop();
  must(isDeepStrictEqual(came, SENT), `what came was ${JSON.stringify(came)}, and not ${JSON.stringify(SENT)}`);
  return { value: (peak - before.rssBytes) / MB, cpuUs: 1_000 * cpuMs };
}

/** The provider says what came. */
async function upload(base: string, look: () => void): Promise<Came> {
  const headers = { "x-api-key": KEY, "content-type": "application/octet-stream", "content-length": FILE_BYTES };
  const answer = await send(`${base}/v1/files/large`, { method: "POST", headers }, Readable.from(watched(look)));
  return JSON.parse(Buffer.concat(await answer.toArray()).toString("utf8")) as Came;
}

function* watched(look: () => void): Generator<Buffer> {
  for (const piece of pieces()) {
    look();
    yield piece;
  }
}

async function download(base: string, look: () => void): Promise<Came> {
  const answer = await send(`${base}/v1/files/large/content`, { headers: { "x-api-key": KEY } }, Readable.from([]));
  return take(answer, look);
}

async function send(url: string, options: RequestOptions, body: Readable): Promise<IncomingMessage> {
  const sent = request(url, options);
  const answered = new Promise<IncomingMessage>((resolve) => sent.once("response", resolve));
  await pipeline(body, sent);
  const answer = await answered;
  must(answer.statusCode === 200, `the answer was ${answer.statusCode}`);
  return answer;
}

function sha256Of(parts: Iterable<Buffer>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
