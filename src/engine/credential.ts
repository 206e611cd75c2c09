import { TidewireError } from "../kernel/errors.ts";
import type { Secret } from "../kernel/secret.ts";
import { authorize, type Credited } from "./authorize.ts";
import type { EngineDeps, OperationCall } from "./call.ts";
import type { UpstreamRequest } from "./request.ts";
import { type Exchange, send } from "./send.ts";

/**
 * The token that stands for a call's credential; null for a credential that is sent itself. See `TokenFor` for `refused` and
 * for what is thrown.
 */
export function tokenOf(
  { tokenFor }: Pick<EngineDeps, "tokenFor">,
  call: Credited,
  refused: Secret | null = null,
): null | Promise<Secret> {
  const auth = call.connector.auths[call.operation.auth];
  return auth?.grant ? tokenFor(call, auth, refused) : null;
}

/** Sends a call with its credential. One whose token the provider refuses (401) is sent once more, with another token. */
export function sendAuthorized(deps: EngineDeps, call: OperationCall, request: UpstreamRequest): Promise<Exchange> {
  const token = tokenOf(deps, call);
  return token === null ? send(deps, call, authorize(request, call)) : sendWithToken(deps, call, request, token);
}

async function sendWithToken(
  deps: EngineDeps,
  call: OperationCall,
  request: UpstreamRequest,
  coming: Promise<Secret>,
): Promise<Exchange> {
  const token = await coming;
  try {
    return await send(deps, call, authorize(request, call, token));
  } catch (error) {
    if (!isUnauthorized(error)) throw error;
    const another = await tokenOf(deps, call, token);
    return await send(deps, call, authorize(request, call, another));
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof TidewireError && error.upstream?.status === 401;
}
