import type { Json } from "../kernel/json.ts";
import type { EngineDeps, OperationCall } from "./call.ts";
import { sendAuthorized } from "./credential.ts";
import { NO_PAGE, type PageParams } from "./page-params.ts";
import { readJson } from "./read.ts";
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

/** Runs an operation and reads its answer as JSON, whatever kind of reply it is made for. */
export async function callOnce(deps: EngineDeps, call: OperationCall, page: PageParams = NO_PAGE): Promise<Answer> {
  return readAnswer(deps, await sendAuthorized(deps, call, buildRequest(call, page)));
}

/** The provider's own record of a `read`: proof that it is there. What is not there throws `upstream_error` with `upstream.status`. */
export async function readRecord(deps: EngineDeps, call: OperationCall): Promise<Json> {
  return (await callOnce(deps, call)).record;
}

/** The body of an exchange as JSON, with what its head said. */
export async function readAnswer({ clock }: EngineDeps, exchange: Exchange): Promise<Answer> {
  const record = await readJson(exchange, clock.now());
  const { response, attempts, request } = exchange;
  return { record, status: response.status, headers: response.headers, attempts, request };
}
