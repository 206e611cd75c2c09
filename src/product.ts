import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { rootKeyFileOf } from "./access/keyring.ts";
import { createTidewire, type Tidewire } from "./app.ts";
import type { Config } from "./config.ts";
import { keepHeapSmall } from "./heap.ts";
import { TidewireError } from "./kernel/errors.ts";
import { isAlive } from "./kernel/process-alive.ts";
import { SURFACE_HEADER, type Surface } from "./model/surface.ts";
import { createTargetPolicy } from "./net/guard.ts";
import { createHttp, type HttpClient } from "./net/http.ts";
import { HttpFailure } from "./net/port.ts";
import { connectorPaths, databasePath, namedDatabasePath } from "./paths.ts";
import type { Client, ClientBody, ClientResponse } from "./surfaces/cli/client.ts";
import type { Product, RunningServer } from "./surfaces/cli/product.ts";
import { type Listening, listen } from "./surfaces/http/listen.ts";
import { takeBackup } from "./take-backup.ts";

type Environment = Record<string, string | undefined>;

const CLOSE_GRACE_MS = 10_000;

/** The product as the command line uses it. `env` is what servers and local databases are opened with. */
export function createProduct(env: Environment): Product {
  return {
    connectorPaths,
    serve: (overrides) => serve({ ...env, ...overrides }),
    openLocal: () => openLocal(env),
    connect: connectTo,
    reach,
    findServer,
    backup: takeBackup,
  };
}

async function serve(env: Environment): Promise<RunningServer> {
  const tidewire = await createTidewire({ env });
  const { config, keyring } = tidewire;
  const note = noteOf(databasePath(config));
  let server: Listening | undefined;
  const stop = async () => {
    if (note) rmSync(note, { force: true });
    const closed = server?.close(CLOSE_GRACE_MS);
    tidewire.endStreams();
    await closed;
    await tidewire.stop();
  };
  try {
    server = await listen(tidewire.app.fetch, config.HOST, config.PORT);
    await tidewire.start();
    keepHeapSmall();
    if (note) writeFileSync(note, JSON.stringify({ url: server.url, pid: process.pid }), { mode: 0o600 });
    return {
      url: server.url,
      ...keyring,
      sandboxUrl: tidewire.sandboxUrl,
      connectors: tidewire.connectors.map(countOf),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function countOf({ handle, resources }: Tidewire["connectors"][number]) {
  const operations = resources.reduce((sum, resource) => sum + Object.keys(resource.operations).length, 0);
  return { handle, operations, events: resources.reduce((sum, resource) => sum + resource.events.length, 0) };
}

/** Where a server tells the command line its address; null for a database in memory. */
function noteOf(path: string): string | null {
  return path === ":memory:" ? null : `${path}.server.json`;
}

function findServer(config: Config): { url: string; key: string | null } | null {
  const path = databasePath(config);
  const note = noteOf(path);
  if (note === null || !existsSync(note)) return null;
  const { url, pid } = JSON.parse(readFileSync(note, "utf8")) as { url: string; pid: number };
  if (!isAlive(pid)) return null;
  const keyFile = rootKeyFileOf(path, namedDatabasePath(config));
  return { url, key: existsSync(keyFile) ? readFileSync(keyFile, "utf8").trim() : null };
}

/** The product in this process, asked through the same HTTP surface, without a socket and without background work. */
async function openLocal(env: Environment): Promise<Client> {
  const tidewire = await createTidewire({ env: { ...env, LOG_LEVEL: env.LOG_LEVEL ?? "warn" } });
  await tidewire.prepare();
  return {
    at: tidewire.config.DATABASE_URL,
    runsJobs: false,
    close: () => tidewire.stop(),
    async request(method, path, body, more) {
      const headers = { ...more, ...calledWith(tidewire.keyring.rootKey) };
      const response = await tidewire.app.request(path, { method, ...encode(body, headers), duplex: "half" });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: Readable.fromWeb((response.body ?? new ReadableStream()) as NodeReadableStream),
      };
    },
  };
}

/** What every request of the command line says of itself. */
function calledWith(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}`, [SURFACE_HEADER]: "cli" satisfies Surface };
}

/** Whom the person at the command line names, they may call. */
function reach(url: string): HttpClient {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return createHttp({ policy: createTargetPolicy({ allowed: [host], code: "invalid_upstream" }) });
}

function connectTo(url: string, key: string): Client {
  const client = reach(url);
  return {
    at: new URL(url).origin,
    runsJobs: true,
    close: () => client.close(),
    async request(method, path, body, more, signal = new AbortController().signal): Promise<ClientResponse> {
      const { headers, body: sent } = encode(body, { ...more, ...calledWith(key) });
      const request = { method, url: url + path, headers, ...(sent === undefined ? {} : { body: sent }) };
      try {
        const { status, headers: received, body: answer } = await client.http(request, signal);
        return { status, headers: received, body: toItsEnd(url, answer) };
      } catch (error) {
        throw explain(error, `No Tidewire server answers at ${url}`);
      }
    },
  };
}

/** A body whose breaking off is told as what it is. */
async function* toItsEnd(url: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explain(error, `The answer of ${url} broke off`);
  }
}

function explain(error: unknown, what: string): unknown {
  if (!(error instanceof HttpFailure)) return error;
  return new TidewireError("server_unreachable", `${what}: ${error.message}`, { cause: error });
}

/** A form is read while it is sent: its files may be large. */
function encode(body: ClientBody | undefined, headers: Record<string, string>) {
  if (body === undefined) return { headers };
  if ("json" in body)
    return { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body.json) };
  const form = new Response(body.form);
  const contentType = form.headers.get("content-type") ?? "";
  return { headers: { ...headers, "content-type": contentType }, body: form.body as ReadableStream<Uint8Array> };
}
