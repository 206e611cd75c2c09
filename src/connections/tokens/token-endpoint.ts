import { credentialMissing } from "../../engine/authorize.ts";
import type { Connected } from "../../engine/ground.ts";
import { ownMember } from "../../kernel/json.ts";
import type { Auth, Grant } from "../../manifest/auth.ts";
import { addressFor, askForToken, type Gained, noToken, type TokenPorts } from "./token-call.ts";

export type OAuthGrant = Exclude<Grant, { type: "session" }>;

/** Errors of RFC 6749 (4.1.2.1) that say nothing against the credential. */
const PASSING: readonly string[] = ["temporarily_unavailable", "server_error", "slow_down"];

/**
 * Asks an OAuth 2 token endpoint (RFC 6749, 3.2). Throws `credential_missing`, `needs_reauth` when it refuses, and `upstream_*`.
 */
export async function askTokenEndpoint(
  ports: TokenPorts,
  call: Connected,
  { auth, grant, address }: { auth: Auth; grant: OAuthGrant; address: string },
  members: Record<string, string>,
): Promise<Gained> {
  const client = clientOf(call, auth, grant);
  const form = new URLSearchParams({ ...grant.tokenParams, ...members, ...client.members });
  const answer = await askForToken(ports, call, {
    method: "POST",
    url: addressFor(call, address),
    headers: {
      ...client.headers,
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: form.toString(),
  });
  const accessToken = ownMember(answer.body, "access_token");
  if (answer.status !== 200 || typeof accessToken !== "string" || accessToken === "") {
    const type = textMember(answer.body, "error");
    const message = textMember(answer.body, "error_description");
    throw noToken(ports, call, answer, {
      ...(type === null ? {} : { type, passing: PASSING.includes(type) }),
      ...(message === null ? {} : { message }),
    });
  }
  const seconds = Number(ownMember(answer.body, "expires_in") ?? Number.NaN);
  return {
    accessToken,
    refreshToken: textMember(answer.body, "refresh_token"),
    lifetimeMs: seconds > 0 ? seconds * 1000 : null,
  };
}

/** How the client says who it is; one without a secret (a public client) by its id alone. */
function clientOf(
  { account }: Connected,
  auth: Auth,
  { type, client }: OAuthGrant,
): { headers: Record<string, string>; members: Record<string, string> } {
  const id = account.credentials[client.id]?.reveal();
  const secret = account.credentials[client.secret]?.reveal();
  if (id === undefined) throw credentialMissing(auth, client.id, account.name);
  if (secret === undefined) {
    if (type === "client_credentials") throw credentialMissing(auth, client.secret, account.name);
    return { headers: {}, members: { client_id: id } };
  }
  if (client.auth === "body") return { headers: {}, members: { client_id: id, client_secret: secret } };
  const pair = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString("base64");
  return { headers: { authorization: `Basic ${pair}` }, members: {} };
}

/** RFC 6749, 2.3.1: both are encoded before they become user name and password. */
function formEncoded(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

function textMember(body: unknown, name: string): string | null {
  const value = ownMember(body, name);
  return typeof value === "string" && value !== "" ? value : null;
}
