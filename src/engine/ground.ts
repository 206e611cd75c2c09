import { TidewireError } from "../kernel/errors.ts";
import type { Connector } from "../manifest/connector.ts";
import { compileText, type TextTemplate } from "../template/text.ts";
import type { OperationCall } from "./call.ts";
import { type OncePer, oncePer } from "./once-per.ts";
import { textOf } from "./text-of.ts";

/** A connection and what it is of. */
export type Connected = Pick<OperationCall, "connector" | "account">;

/** As much of it as says where it goes. */
type Placed = Pick<OperationCall, "connector"> & { account: Pick<OperationCall["account"], "name" | "params"> };

/** What a connection decides of every request. */
export interface Ground {
  settings: Record<string, string>;
  /** Of the base URL. */
  origin: string;
  /** Of the base URL, without the slash that may end it. */
  path: string;
}

const baseOf = oncePer<Connector, TextTemplate>();
const groundsOf = oncePer<Connector, OncePer<Record<string, string>, Ground>>();

/**
 * Where a connection's requests go. Made once for each version of it: `params` are replaced, never changed.
 * Throws `invalid_upstream` when its base URL is none.
 */
export function groundOf(call: Placed): Ground {
  const grounds = groundsOf(call.connector, () => oncePer());
  return grounds(call.account.params, () => {
    const settings = settingsOf(call);
    const { origin, pathname } = baseUrl(call, settings);
    return { settings, origin, path: pathname.replace(/\/+$/, "") };
  });
}

/** The connection's settings with the manifest's defaults beneath. */
function settingsOf({ connector, account }: Placed): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const param of connector.params) if (param.default !== undefined) settings[param.name] = textOf(param.default);
  return Object.assign(settings, account.params);
}

/** The connection's `baseUrl`, else the manifest's, its placeholders filled from the connection's settings. */
function baseUrl({ connector, account }: Placed, settings: Record<string, string>): URL {
  const text = settings.baseUrl || baseOf(connector, () => compileText(connector.baseURL)).render(settings);
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text);
  throw new TidewireError(
    "invalid_upstream",
    `"${text}" is not an http or https URL: set "params.baseUrl" of the connection "${account.name}".`,
  );
}
