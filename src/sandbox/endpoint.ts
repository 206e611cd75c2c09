import type { Json, JsonObject } from "../kernel/json.ts";
import type { RequestFaults } from "./faults.ts";

/** Both are accepted; the newer one drops the sampling parameters. */
export type ApiVersion = "2023-06-01" | "2026-10-21";

/** One request that has passed the gate. */
export interface Call {
  /** Scheme, host and port that the caller used; absolute links are made with it. */
  origin: string;
  query: URLSearchParams;
  /** A placeholder of the route's path. */
  param: (name: string) => string;
  header: (name: string) => string | undefined;
  version: ApiVersion;
  betas: ReadonlySet<string>;
  request: Request;
  faults: RequestFaults;
  /** Breaks the connection off; in process, where there is none, throws `ConnectionReset`. */
  reset: () => void;
}

export interface Answer {
  status?: number;
  contentType: string;
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  headers?: Record<string, string>;
}

export type Endpoint = (call: Call) => Answer | Promise<Answer>;

/** 200 with a JSON body. */
export function json(value: Json, headers?: Record<string, string>): Answer {
  return { contentType: "application/json", body: JSON.stringify(value), ...(headers && { headers }) };
}

/** What a DELETE answers: `{id, type}`. */
export function deleted(id: string, type: string): Answer {
  return json({ id, type } satisfies JsonObject);
}
