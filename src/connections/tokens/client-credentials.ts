import type { Connected } from "../../engine/ground.ts";
import type { Auth, ClientCredentialsGrant } from "../../manifest/auth.ts";
import type { Gained, TokenPorts } from "./token-call.ts";
import { askTokenEndpoint } from "./token-endpoint.ts";

/** A token for the client itself (RFC 6749, 4.4). */
export function clientToken(
  ports: TokenPorts,
  call: Connected,
  auth: Auth,
  grant: ClientCredentialsGrant,
): Promise<Gained> {
  return askTokenEndpoint(
    ports,
    call,
    { auth, grant, address: grant.tokenUrl },
    { grant_type: "client_credentials", ...(grant.scopes.length > 0 ? { scope: grant.scopes.join(" ") } : {}) },
  );
}
