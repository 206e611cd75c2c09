import { ERROR_CODES, type ErrorCode, type Mistake, TidewireError, type UpstreamFailure } from "../../kernel/errors.ts";
import { isObject, type Json } from "../../kernel/json.ts";

/** The product as the command line sees it: a server elsewhere, or one opened in this process. */
export interface Client {
  /** Where it is, for messages. */
  readonly at: string;
  /** False for one without background work: a job would wait there for a server. */
  readonly runsJobs: boolean;
  /** `headers` go beside those that every request has. */
  request(method: string, path: string, body?: ClientBody, headers?: Record<string, string>): Promise<ClientResponse>;
  close(): Promise<void>;
}

export type ClientBody = { json: Json } | { form: FormData };

export interface ClientResponse {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

/** One JSON answer; a problem is thrown as the error it tells. */
export async function requestJson(client: Client, method: string, path: string, body?: ClientBody): Promise<Json> {
  const response = await client.request(method, path, body);
  const text = await readText(response.body);
  if (response.status >= 400) throw problemError(response.status, text);
  const answer = parse(text);
  if (!isObject(answer)) throw notOurs(response.status);
  return answer as Json;
}

/** All members of a paged listing. */
export async function requestAll(client: Client, path: string): Promise<Json[]> {
  const all: Json[] = [];
  let cursor: string | null = null;
  do {
    const query = `limit=200${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = (await requestJson(client, "GET", `${path}?${query}`)) as {
      result: Json[];
      next_cursor: string | null;
    };
    if (!Array.isArray(page.result)) throw notOurs(200);
    all.push(...page.result);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all;
}

export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The error that a problem+json body tells, with its own code. */
export function problemError(status: number, text: string): TidewireError {
  const problem = parse(text);
  if (!isObject(problem) || typeof problem.code !== "string" || !Object.hasOwn(ERROR_CODES, problem.code)) {
    return notOurs(status);
  }
  return new TidewireError(problem.code as ErrorCode, String(problem.detail), {
    status,
    errors: (problem.errors ?? []) as Mistake[],
    ...(problem.upstream ? { upstream: problem.upstream as unknown as UpstreamFailure } : {}),
  });
}

function notOurs(status: number): TidewireError {
  return new TidewireError(
    "server_unreachable",
    `The server answered ${status} with something that is not Tidewire's; is TIDEWIRE_URL right?`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
