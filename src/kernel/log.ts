import pino, { type DestinationStream, type Logger } from "pino";
import { isoTime, systemClock } from "./clock.ts";
import { isObject } from "./json.ts";
import { lineForPeople } from "./log-line.ts";

/** A structured log: one wide line per thing that happened. */
export type Log = Logger;

/** Names never printed, at the top and one level down. */
const SECRET_NAMES = new Set([
  "apiKey",
  "adminKey",
  "authorization",
  "x-api-key",
  "secret",
  "credentials",
  "password",
  "token",
  "cookie",
]);
const MASK = "[secret]";

/** A log at the given level (`silent` for none), with secrets masked: JSON lines, or text where a person sits in front of it. */
export function createLog(level: string, destination: DestinationStream = standardError()): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: timeMember(),
      // pino's own `redact` costs three times as much as all the rest of a line.
      formatters: { log: (fields) => masked(fields, (member) => (isPlain(member) ? masked(member) : member)) },
      serializers: {
        err: (thrown) => (thrown instanceof Error ? masked({ ...pino.stdSerializers.err(thrown) }) : thrown),
      },
    },
    destination,
  );
}

/** pino's own makes a Date for each line, which is a quarter of what a line costs. */
function timeMember(): () => string {
  let at = 0;
  let member = "";
  return () => {
    const now = systemClock.now();
    if (now !== at) member = `,"time":"${isoTime(now)}"`;
    at = now;
    return member;
  };
}

let shared: DestinationStream | null = null;

/** One for all logs of the process. */
function standardError(): DestinationStream {
  shared ??= toStandardError();
  return shared;
}

/** Writes the lines of one turn of the event loop at once, and what is left when the process ends. */
function toStandardError(): DestinationStream {
  const stream = pino.destination({ dest: 2, sync: true });
  const forPeople = process.stderr.isTTY;
  let lines = "";
  const flush = () => {
    if (lines !== "") stream.write(lines);
    lines = "";
  };
  process.on("exit", flush);
  return {
    write(line) {
      if (lines === "") setImmediate(flush);
      lines += forPeople ? lineForPeople(line) : line;
    },
  };
}

/** The fields with secrets masked: the very same object when it holds none. */
function masked(fields: Record<string, unknown>, within: (member: unknown) => unknown = same): Record<string, unknown> {
  let copy: Record<string, unknown> | null = null;
  for (const name of Object.keys(fields)) {
    const member = SECRET_NAMES.has(name) ? MASK : within(fields[name]);
    if (member === fields[name]) continue;
    copy ??= { ...fields };
    copy[name] = member;
  }
  return copy ?? fields;
}

/** True for what can be copied without loss; an Error has a serializer of its own. */
function isPlain(member: unknown): member is Record<string, unknown> {
  return isObject(member) && !(member instanceof Error);
}

function same(member: unknown): unknown {
  return member;
}
