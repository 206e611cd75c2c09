import { credentialMissing } from "../../engine/authorize.ts";
import { formText } from "../../engine/form-text.ts";
import { type Connected, groundOf } from "../../engine/ground.ts";
import { compileTree } from "../../engine/json-tree.ts";
import { selectValue } from "../../engine/select.ts";
import { isObject, type Json, type JsonObject, textOf } from "../../kernel/json.ts";
import type { Auth, SessionGrant } from "../../manifest/auth.ts";
import { grantFields } from "../../manifest/grant.ts";
import type { Selector } from "../../manifest/select.ts";
import { compileText } from "../../template/text.ts";
import { askForToken, type Gained, noToken, type TokenAnswer, type TokenPorts } from "./token-call.ts";

/** Logs in and gives the token of the answer. Throws `credential_missing`, `needs_reauth` when it is refused, and `upstream_*`. */
export async function sessionToken(
  ports: TokenPorts,
  call: Connected,
  auth: Auth,
  grant: SessionGrant,
): Promise<Gained> {
  const { origin, path } = groundOf(call);
  const values = valuesOf(call, auth, grant);
  const below = compileText(grant.path, { encode: encodeURIComponent }).render(values);
  const hasBody = grant.method !== "GET" && grant.method !== "HEAD";
  const answer = await askForToken(ports, call, {
    method: grant.method,
    url: new URL(origin + path + below),
    headers: { accept: "application/json", ...(hasBody ? { "content-type": CONTENT_TYPES[grant.encoding] } : {}) },
    ...(hasBody ? { body: bodyOf(grant, values) } : {}),
  });
  const token = find(grant.token, answer);
  if (answer.status < 200 || answer.status >= 300 || token === undefined) throw refused(ports, call, answer);
  const seconds = Number(grant.expiresIn === null ? Number.NaN : find(grant.expiresIn, answer));
  return { accessToken: token, refreshToken: null, lifetimeMs: seconds > 0 ? seconds * 1000 : grant.ttlMs };
}

const CONTENT_TYPES = { json: "application/json", form: "application/x-www-form-urlencoded" };

/** The fields and settings that the login names. */
function valuesOf(call: Connected, auth: Auth, grant: SessionGrant): Record<string, string> {
  const { account } = call;
  const { settings } = groundOf(call);
  const values: Record<string, string> = {};
  for (const name of grantFields(grant)) {
    const value = account.credentials[name]?.reveal() ?? settings[name];
    if (value !== undefined) values[name] = value;
    else if (auth.fields.some((field) => field.name === name && (field.required || auth.optional)))
      throw credentialMissing(auth, name, account.name);
  }
  return values;
}

function bodyOf({ body, encoding }: SessionGrant, values: Record<string, string>): string {
  const value = compileTree(body).render(values) ?? {};
  if (encoding === "json") return JSON.stringify(value);
  return formText(isObject(value) ? (value as JsonObject) : {}, "repeat");
}

function find(selector: Selector, { body }: TokenAnswer): string | undefined {
  const value: Json | undefined = body === undefined ? undefined : selectValue(selector, body);
  return value === undefined || value === null || value === "" ? undefined : textOf(value);
}

/** What the provider says is where it says so of all errors, or where OAuth does (RFC 6749, 5.2), as many logins do. */
function refused(ports: TokenPorts, call: Connected, answer: TokenAnswer): Error {
  const { errors } = call.connector;
  const type = find(errors.type, answer);
  const message = find(errors.message, answer) ?? find(["error_description"], answer);
  return noToken(ports, call, answer, { ...(type ? { type } : {}), ...(message ? { message } : {}) });
}
