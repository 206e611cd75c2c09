import { type Mistake, MOST_MISTAKES, TidewireError } from "../kernel/errors.ts";
import { coerceInput } from "../manifest/coerce.ts";
import type { Connector } from "../manifest/connector.ts";
import { hostSettings } from "../manifest/grant.ts";
import { compileInputs } from "../manifest/inputs.ts";
import { suggestion } from "../manifest/nearest.ts";
import { credentialFieldsOf } from "../manifest/triggers.ts";
import { inboundMistakes } from "./inbound.ts";

/** The setting that replaces a connector's base URL; every connector has it. */
export const BASE_URL = "baseUrl";

/** What is wrong with the credentials that a connection would have: unknown names, missing ones, and a secret that is none. */
export function credentialMistakes(connector: Connector, credentials: Record<string, string>): Mistake[] {
  const fields = credentialFieldsOf(connector);
  const names = fields.map((field) => field.name);
  const unknown = Object.keys(credentials).filter((name) => !names.includes(name));
  const missing = fields.filter((field) => field.required && !credentials[field.name]);
  return [
    ...unknown.slice(0, MOST_MISTAKES).map((name) => ({
      at: `credentials.${name}`,
      code: "unknown_field",
      message: `is no credential of "${connector.handle}". ${suggestion(name, names)}`,
    })),
    ...missing.map(({ name, description }) => ({
      at: `credentials.${name}`,
      code: "required",
      message: `is required. ${description}`.trim(),
    })),
    ...inboundMistakes(connector, credentials),
  ];
}

/** What is wrong with the settings that a connection would have, by the manifest's own rules. */
export function paramMistakes({ params: inputs }: Connector, params: Record<string, string>): Mistake[] {
  try {
    compileInputs(inputs, false)(coerceInput({ inputs }, params));
    return [];
  } catch (error) {
    if (!(error instanceof TidewireError)) throw error;
    return error.errors.map((mistake) => ({ ...mistake, at: `params.${mistake.at}` }));
  }
}

/** True when the calls of a connection would go to another host, so that its credentials would too. */
export function movesHost(
  connector: Connector,
  before: Record<string, string>,
  after: Record<string, string>,
): boolean {
  return [BASE_URL, ...hostSettings(connector)].some((name) => before[name] !== after[name]);
}
