import { ERROR_CODES, TidewireError } from "../kernel/errors.ts";
import { type Json, parseJson } from "../kernel/json.ts";
import type { ErrorRules } from "../manifest/connector.ts";
import type { Selector } from "../manifest/select.ts";
import type { OperationCall } from "./call.ts";
import { masked } from "./masked.ts";
import { selectValue } from "./select.ts";
import { textOf } from "./text-of.ts";

/** An answer that is an error. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  /** The body, or as much of it as was read. */
  text: string;
  attempts: number;
  /** When the provider wants to be asked again, in ms. */
  retryAfterMs: number | null;
}

/** Statuses that say something about the caller's request, so that they are the caller's answer too. */
const PASSED_ON: ReadonlySet<number> = new Set([400, 404, 409, 410, 413, 422, 429, 504]);
/** Statuses that say something about the connection's credential, which the caller does not hold. */
const CREDENTIAL_REFUSED: ReadonlySet<number> = new Set([401, 402, 403]);

/** The error that tells what the provider said, whether in its own envelope or not; its code is the manifest's for that status, if it has one. */
export function providerError({ operation, account }: OperationCall, answer: ErrorAnswer): TidewireError {
  const { status, attempts } = answer;
  const said = whatWasSaid(operation.errors, answer, (text) => masked(text, account));
  const mapped = operation.errors.codes[status];
  const code = mapped ?? (CREDENTIAL_REFUSED.has(status) ? "upstream_unauthorized" : "upstream_error");
  const text = [String(status), said.type, said.message && `– ${said.message}`].filter(Boolean).join(" ");
  const mend = code === "upstream_unauthorized" ? ` Check the credentials of the connection "${account.name}".` : "";
  return new TidewireError(code, `${operation.id}: the provider answered ${text}${mend}`, {
    status: mapped === undefined && PASSED_ON.has(status) ? status : ERROR_CODES[code][0],
    upstream: { status, ...said, attempts },
    ...(answer.retryAfterMs === null ? {} : { retryAfterMs: answer.retryAfterMs }),
  });
}

interface Said {
  type?: string;
  message?: string;
  request_id?: string;
}

function whatWasSaid(rules: ErrorRules, { headers, text }: ErrorAnswer, mask: (text: string) => string): Said {
  // Gateways in between answer in HTML or plain text.
  const envelope = parseJson(text);
  const find = (selector: Selector) => {
    const found = envelope === undefined ? undefined : asText(selectValue(selector, envelope));
    return found && mask(found);
  };
  const header = rules.requestIdHeader === null ? undefined : headers[rules.requestIdHeader];
  const said = {
    type: find(rules.type),
    message: find(rules.message) ?? excerpt(mask(text), headers),
    request_id: header ?? find(rules.requestId),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function asText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return textOf(value);
}

const EXCERPT = 300;

/** What can be told of a body that is not in the provider's own form. */
function excerpt(text: string, headers: Record<string, string>): string | undefined {
  if (headers["content-type"]?.includes("html") || /^\s*<(!doctype|html)/i.test(text)) {
    // Without the `<` in it a body of nothing but `<title` takes seconds.
    const title = oneLine(/<title[^<>]*>([^<]*)/i.exec(text)?.[1] ?? "");
    return title === "" ? "an HTML page" : `an HTML page, "${title}"`;
  }
  return oneLine(text) || undefined;
}

function oneLine(text: string): string {
  return text
    .slice(0, 2 * EXCERPT)
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, EXCERPT);
}
