import { asError, type ErrorCode, TidewireError } from "../../kernel/errors.ts";
import { cliTable } from "../../kernel/when-needed.ts";

/** Where a command writes: results to `out`, everything else to `err`, so that pipes get results only. */
export interface Terminal {
  /** `--json`: results as JSON, errors as one JSON line. */
  json: boolean;
  out: (text: string) => void;
  err: (text: string) => void;
  /** Bytes as they are. */
  outBytes(bytes: Uint8Array): Promise<void>;
  /** True when a person sits in front of it. */
  interactive: boolean;
  /** Asks yes or no; false when nobody is there. */
  confirm(question: string): Promise<boolean>;
}

/** A result for scripts (`--json`) or for people (`text`). */
export function printResult(terminal: Terminal, value: unknown, text: () => string): void {
  terminal.out(terminal.json ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
}

/** Text of others, such as a receiver's answer: what could steer a terminal is shown, not sent. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Rows under headings, without lines: it stays readable when copied. */
export function table(head: string[], rows: (string | number)[][]): string {
  const bare = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
  };
  const chars = {
    ...bare,
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  };
  const style = { "padding-left": 0, "padding-right": 0, head: [], border: [] };
  const Table = cliTable();
  const printed = new Table({ head, chars, style });
  printed.push(...rows.map((row) => row.map(String)));
  return printed
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** The call itself was wrong. */
const WRONG_CALL: readonly ErrorCode[] = [
  "invalid_input",
  "invalid_json",
  "invalid_cursor",
  "invalid_target",
  "invalid_upstream",
  "connection_required",
  "payload_too_large",
  "manifest_invalid",
  "config_invalid",
];
const NOT_ALLOWED: readonly ErrorCode[] = ["unauthorized", "forbidden", "credential_missing", "credential_rejected"];

/** Exit codes that scripts can trust: 2 = the call was wrong, 3 = not allowed, 4 = not there, 5 = the provider, 1 = anything else. */
export function exitCodeOf(code: ErrorCode): number {
  if (WRONG_CALL.includes(code)) return 2;
  if (NOT_ALLOWED.includes(code)) return 3;
  if (code === "not_found") return 4;
  return code.startsWith("upstream_") ? 5 : 1;
}

/** Says what went wrong and gives the exit code. */
export function printError(terminal: Terminal, thrown: unknown): number {
  const error = asError(thrown);
  if (terminal.json) {
    const { code, message, errors, upstream } = error;
    terminal.err(`${JSON.stringify({ error: { code, message, errors, upstream } })}\n`);
    return exitCodeOf(code);
  }
  const details = error.errors.length > 1 || error.errors.some((e) => !error.message.includes(e.message));
  terminal.err(`${error.code}: ${details ? error.title : error.message}\n`);
  if (details)
    for (const { at, message, code } of error.errors) terminal.err(`  ${at}  ${message}${code ? ` [${code}]` : ""}\n`);
  if (error.upstream?.request_id) terminal.err(`  the provider's request id: ${error.upstream.request_id}\n`);
  if (error.code === "internal" && error.cause instanceof Error) terminal.err(`${error.cause.stack}\n`);
  return exitCodeOf(error.code);
}

/** `invalid_input` for a command line that cannot be understood. */
export function usageError(message: string): TidewireError {
  return new TidewireError("invalid_input", message);
}
