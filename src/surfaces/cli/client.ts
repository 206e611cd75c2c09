import { ERROR_CODES, type ErrorCode, type Mistake, TidewireError, type UpstreamFailure } from "../../kernel/errors.ts";
import { isObject, type Json } from "../../kernel/json.ts";

/** The product as the command line sees it: a server elsewhere, or one opened in this process. */
export interface Client {
  /** Where it is, for messages. */
  readonly at: string;
  /** False for one without background work: a job would wait there for a server. */
  readonly runsJobs: boolean;
  /** `headers` go beside those that every request has. A signal that is aborted ends the answer too. */
  request(
    method: string,
    path: string,
    body?: ClientBody,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<ClientResponse>;
  close(): Promise<void>;
}

export type ClientBody = { json: Json } | { form: FormData };

export interface ClientResponse {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

/** A query of what is given. */
export function queryOf(values: Record<string, string | undefined>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, value);
  return query;
}

/** What a listing gives at once, at most. */
const LARGEST_PAGE = 200;

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
  return (await requestSome(client, path, {}, Number.POSITIVE_INFINITY)).members;
}

/** The members of a paged listing, `most` of them; `hasMore` when there are others. */
export async function requestSome(
  client: Client,
  path: string,
  filter: Record<string, string | undefined>,
  most: number,
): Promise<{ members: Json[]; hasMore: boolean }> {
  const members: Json[] = [];
  const query = queryOf(filter);
  for (;;) {
    query.set("limit", String(Math.min(most - members.length, LARGEST_PAGE)));
    const page = (await requestJson(client, "GET", `${path}?${query.toString()}`)) as {
      result: Json[];
      next_cursor: string | null;
    };
    if (!Array.isArray(page.result)) throw notOurs(200);
    members.push(...page.result);
    // The log of events, read forward, always has a cursor: at its end the same one as before.
    const hasMore = page.next_cursor !== null && page.next_cursor !== query.get("cursor");
    if (!hasMore || members.length >= most) return { members: members.slice(0, most), hasMore };
    query.set("cursor", page.next_cursor as string);
  }
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
