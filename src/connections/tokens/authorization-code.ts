import { hash } from "node:crypto";
import { credentialMissing } from "../../engine/authorize.ts";
import type { Connected } from "../../engine/ground.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Auth, AuthorizationCodeGrant } from "../../manifest/auth.ts";
import { addressFor, type Gained, type TokenPorts } from "./token-call.ts";
import { askTokenEndpoint } from "./token-endpoint.ts";

/** The address at which a person agrees (RFC 6749, 4.1.1, with PKCE, RFC 7636). */
export function consentAddress(
  call: Connected,
  auth: Auth,
  grant: AuthorizationCodeGrant,
  asked: { state: string; verifier: string; redirectUri: string },
): string {
  const clientId = call.account.credentials[grant.client.id]?.reveal();
  if (clientId === undefined) throw credentialMissing(auth, grant.client.id, call.account.name);
  const url = addressFor(call, grant.authorizeUrl);
  const members: Record<string, string> = {
    ...grant.authorizeParams,
    response_type: "code",
    client_id: clientId,
    redirect_uri: asked.redirectUri,
    ...(grant.scopes.length > 0 ? { scope: grant.scopes.join(" ") } : {}),
    state: asked.state,
    code_challenge: hash("sha256", asked.verifier, "base64url"),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(members)) url.searchParams.set(name, value);
  return url.href;
}

/** The tokens for a code (RFC 6749, 4.1.3). */
export function codeToken(
  ports: TokenPorts,
  call: Connected,
  auth: Auth,
  grant: AuthorizationCodeGrant,
  given: { code: string; verifier: string; redirectUri: string },
): Promise<Gained> {
  return askTokenEndpoint(
    ports,
    call,
    { auth, grant, address: grant.tokenUrl },
    {
      grant_type: "authorization_code",
      code: given.code,
      redirect_uri: given.redirectUri,
      code_verifier: given.verifier,
    },
  );
}

/** New tokens for a refresh token (RFC 6749, 6); the one that was used stays good unless another comes with them. */
export async function refreshedToken(
  ports: TokenPorts,
  call: Connected,
  auth: Auth,
  grant: AuthorizationCodeGrant,
  refreshToken: Secret,
): Promise<Gained> {
  const gained = await askTokenEndpoint(
    ports,
    call,
    { auth, grant, address: grant.refreshUrl },
    { grant_type: "refresh_token", refresh_token: refreshToken.reveal() },
  );
  return { ...gained, refreshToken: gained.refreshToken ?? refreshToken.reveal() };
}
