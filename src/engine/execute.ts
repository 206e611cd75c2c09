import { TidewireError } from "../kernel/errors.ts";
import type { Reply } from "../model/reply.ts";
import { openExchange } from "./answer.ts";
import type { EngineDeps, OperationCall } from "./call.ts";
import { positionOf } from "./cursor.ts";
import { limitOf, pageQuery } from "./paging.ts";
import type { PageQuery } from "./query.ts";
import { toReply } from "./reply.ts";

/**
 * Runs one operation upstream: request → authorize → send → read → select. A list operation gives one page.
 * Throws `invalid_input`, `credential_missing`, `unsupported` and `payload_too_large` before anything is sent, then the
 * provider's error or what kept it from answering (`send.ts`), and `upstream_invalid` for an answer that makes no sense.
 */
export async function execute(deps: EngineDeps, call: OperationCall): Promise<Reply> {
  refuseUnsupported(call);
  const exchange = await openExchange(deps, call, callersPage(call));
  return toReply(deps, exchange);
}

function refuseUnsupported({ operation }: OperationCall): void {
  if (operation.unsupported !== null)
    throw new TidewireError("unsupported", `${operation.id}: ${operation.unsupported}`);
}

/** The page that the caller asks for by `cursor` and `limit`; the provider's own size of a page without one. */
function callersPage(call: OperationCall): PageQuery {
  const position = positionOf(call);
  const { limit } = call.input;
  return pageQuery(position, limitOf(call, position), typeof limit === "number" ? limit : null);
}
