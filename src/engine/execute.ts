import type { Reply } from "../model/reply.ts";
import type { EngineDeps, OperationCall } from "./call.ts";
import { sendAuthorized } from "./credential.ts";
import { positionOf } from "./cursor.ts";
import type { PageParams } from "./page-params.ts";
import { limitOf, pageParams } from "./paging.ts";
import { toReply } from "./reply.ts";
import { buildRequest } from "./request.ts";

/**
 * Runs one operation upstream; a list operation gives one page.
 * Throws `invalid_input`, `invalid_cursor`, `credential_missing`, `unsupported` and `payload_too_large` before anything is
 * sent, then the provider's error or what kept it from answering (`send.ts`), and `upstream_invalid` for an answer that
 * makes no sense.
 */
export async function execute(deps: EngineDeps, call: OperationCall): Promise<Reply> {
  const request = buildRequest(call, callersPage(call));
  const exchange = await sendAuthorized(deps, call, request);
  return await toReply(deps, exchange);
}

/** The page that the caller asks for by `cursor` and `limit`; the provider's own size of a page without one. */
function callersPage(call: OperationCall): PageParams {
  const position = positionOf(call);
  const { limit } = call.input;
  return pageParams(position, limitOf(call, position), typeof limit === "number" ? limit : null);
}
