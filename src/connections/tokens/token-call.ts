import type { Ports } from "../../context.ts";
import { type Connected, groundOf } from "../../engine/ground.ts";
import { masked } from "../../engine/masked.ts";
import { noAnswer } from "../../engine/no-answer.ts";
import { TidewireError } from "../../kernel/errors.ts";
import type { Json } from "../../kernel/json.ts";
import { withDeadline } from "../../net/deadline.ts";
import type { HttpRequest } from "../../net/port.ts";
import { parseRetryAfter } from "../../net/retry.ts";
import { compileText } from "../../template/text.ts";

export type TokenPorts = Pick<Ports, "upstream" | "clock">;

/** What a provider gave for a credential. */
export interface Gained {
  accessToken: string;
  refreshToken: string | null;
  /** ms; null when it was not said. */
  lifetimeMs: number | null;
}

/** An answer to a token request. */
export interface TokenAnswer {
  status: number;
  headers: Record<string, string>;
  /** Undefined for what is not JSON. */
  body: Json | undefined;
}

const LONGEST_MS = 30_000;
const MAX_BYTES = 1024 * 1024;
/** The most that is told of what a provider says, in characters. */
const LONGEST_SAID = 500;
/** What a provider answers to credentials, codes and refresh tokens that it does not take (RFC 6749, 5.2), and to logins. */
const REFUSED: readonly number[] = [400, 401, 403];

/** An address of a grant for this connection: a whole URL as the manifest names it, else below the connection's base URL. */
export function addressFor(call: Connected, address: string): URL {
  const { settings, origin, path } = groundOf(call);
  const text = compileText(address, { encode: encodeURIComponent }).render(settings);
  const url = URL.parse(text.startsWith("/") ? origin + path + text : text);
  if (url) return url;
  throw new TidewireError("invalid_upstream", `"${text}" is no URL: look at the settings of "${call.account.name}".`);
}

/** Sends a token request, once and under a deadline of its own: whoever waits for the token may leave. Throws `upstream_*`. */
export async function askForToken(
  { upstream, clock }: TokenPorts,
  call: Connected,
  request: Omit<HttpRequest, "url"> & { url: URL },
): Promise<TokenAnswer> {
  const { connector } = call;
  try {
    return await withDeadline(clock, Math.min(connector.timeoutMs, LONGEST_MS), undefined, async (signal) => {
      const purpose = { connector: connector.handle, operation: "token" };
      const { status, headers, body } = await upstream({ ...request, url: request.url.href, purpose }, signal);
      return { status, headers, body: parse(await body.text(MAX_BYTES)) };
    });
  } catch (thrown) {
    const told = { signal: new AbortController().signal, operation: { id: "the request for a token" }, connector };
    throw noAnswer(thrown, { call: told, request, attempts: 1, before: null });
  }
}

/**
 * The error for an answer that gives no token: `needs_reauth` when the provider refuses, `upstream_error` for any other failure
 * (which may pass), `upstream_invalid` for an answer that makes no sense. `said` is what the provider said of it.
 */
export function noToken(
  { clock }: Pick<Ports, "clock">,
  { account }: Connected,
  { status, headers }: TokenAnswer,
  said: { type?: string; message?: string; passing?: boolean },
): TidewireError {
  const mask = (text: string | undefined) => text && masked(text, account).slice(0, LONGEST_SAID);
  const type = mask(said.type);
  const message = mask(said.message);
  const words = [String(status), type, message && `– ${message}`].filter(Boolean).join(" ");
  const what = `"${account.name}": the provider answered a request for a token with ${words}`;
  const upstream = { status, ...(type ? { type } : {}), ...(message ? { message } : {}) };
  if (status >= 200 && status < 300)
    return new TidewireError("upstream_invalid", `${what}, but without a token.`, { upstream });
  if (REFUSED.includes(status) && !said.passing) return new TidewireError("needs_reauth", `${what}.`, { upstream });
  const retryAfterMs = parseRetryAfter(headers, clock.now());
  return new TidewireError("upstream_error", `${what}.`, {
    upstream,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
