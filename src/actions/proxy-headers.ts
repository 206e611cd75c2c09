import { OF_THE_CONNECTION } from "../net/request-headers.ts";

type Headers = Record<string, string>;

/** What a caller's headers may not carry to a provider. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  ...OF_THE_CONNECTION,
  "authorization",
  "x-api-key",
  "cookie",
  "forwarded",
  // These make a server take the request for another than the one whose scope was judged.
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-url",
  "x-rewrite-url",
]);
const NOT_PASSED_ON_PREFIX = /^(x-forwarded-|tidewire-)/;

/**
 * A caller's headers on their way to the provider, above `presets`; `credentials` names those that the connector's own may
 * stand in.
 */
export function towardsProvider(headers: Headers, presets: Headers, credentials: ReadonlySet<string>): Headers {
  const named = namedByConnection(headers);
  const passed: Headers = { ...presets };
  for (const name in headers) {
    if (NOT_PASSED_ON.has(name) || credentials.has(name) || named.has(name) || NOT_PASSED_ON_PREFIX.test(name))
      continue;
    passed[name] = headers[name] as string;
  }
  return passed;
}

/** A provider's headers on their way to the caller. */
export function towardsCaller(headers: Headers): Headers {
  const named = namedByConnection(headers);
  const passed: Headers = {};
  for (const name in headers) {
    if (OF_THE_CONNECTION.has(name) || named.has(name) || name === "set-cookie") continue;
    passed[name] = headers[name] as string;
  }
  return passed;
}

const NONE: ReadonlySet<string> = new Set();

/** RFC 9110, 7.6.1: headers that `Connection` names go no further either. */
function namedByConnection({ connection }: Headers): ReadonlySet<string> {
  if (connection === undefined || /^(keep-alive|close)$/i.test(connection)) return NONE;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
