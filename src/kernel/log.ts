import pino, { type DestinationStream, type Logger } from "pino";

/** A structured log: one wide line per thing that happened. */
export type Log = Logger;

/** Names never printed, at the top and one level down (pino's `*.x` does not cover a top-level `x`). */
const SECRET_NAMES = [
  "apiKey",
  "adminKey",
  "authorization",
  "x-api-key",
  "secret",
  "credentials",
  "password",
  "token",
  "cookie",
];

/** A log of JSON lines at the given level (`silent` for none), with secrets masked. */
export function createLog(level: string, destination: DestinationStream = pino.destination(2)): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: "[secret]" },
    },
    destination,
  );
}
