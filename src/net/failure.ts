import { messageOf } from "../kernel/errors.ts";
import { HttpFailure, type HttpFailureKind } from "./port.ts";
import { HTTPParserError } from "./undici.ts";

/** Codes of undici and Node that mean another thing than a connection that broke off. */
const KINDS: Record<string, HttpFailureKind> = {
  UND_ERR_HEADERS_OVERFLOW: "too_large",
  UND_ERR_INVALID_ARG: "protocol",
  UND_ERR_NOT_SUPPORTED: "protocol",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "protocol",
  UND_ERR_DESTROYED: "aborted",
  UND_ERR_CLOSED: "aborted",
  ERR_ASSERTION: "protocol", // undici's answer to a status below 100
};

/** llhttp's words for an answer that ended too early: the connection broke, the answer was well-formed so far. */
const EARLY_END = "Invalid EOF state";
/** What undici calls an unasked-for 100 or 101. */
const BAD_ANSWER = /^bad (response|upgrade)$/;

const WORDS: Partial<Record<HttpFailureKind, string>> = {
  reset: "The connection broke off",
  protocol: "The exchange does not keep to HTTP/1.1",
  too_large: "The headers of the answer are too large",
  aborted: "The client was closed",
};

/** What broke an exchange, as the port's failure. `sent` tells whether the request was written to a connection. */
export function exchangeFailure(error: unknown, sent: boolean): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const kind = kindOf(error);
  // An assertion's text is a line of undici's code.
  const why = codeOf(error) === "ERR_ASSERTION" ? "" : `: ${messageOf(error)}`;
  return new HttpFailure(kind, `${WORDS[kind]}${why}.`, sent, error);
}

/** What an abort means: a deadline is passed on as it is (never as received when nothing was sent), all else is the caller's going. */
export function abortFailure(reason: unknown, sent: boolean): HttpFailure {
  if (!(reason instanceof HttpFailure)) return new HttpFailure("aborted", "The caller went away.", sent, reason);
  if (sent || !reason.maybeReceived) return reason;
  return new HttpFailure(reason.kind, reason.message, false, reason);
}

/** The code that Node, OpenSSL or undici gave an error; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function kindOf(error: unknown): HttpFailureKind {
  const known = KINDS[codeOf(error)];
  if (known !== undefined) return known;
  const message = messageOf(error);
  const malformed = error instanceof HTTPParserError && !message.includes(EARLY_END);
  return malformed || BAD_ANSWER.test(message) ? "protocol" : "reset";
}
