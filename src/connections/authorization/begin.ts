import type { Context } from "../../context.ts";
import { invalidInput, TidewireError } from "../../kernel/errors.ts";
import type { Auth, AuthorizationCodeGrant } from "../../manifest/auth.ts";
import type { Connector } from "../../manifest/connector.ts";
import type { Connection } from "../../model/connection.ts";
import { linkBase } from "../link-base.ts";
import { openAccount } from "../resolve.ts";
import { consentAddress } from "../tokens/authorization-code.ts";
import { newTicket } from "./ticket.ts";

/** Where the provider sends a person back to, below the base of our own links. */
export const CALLBACK_PATH = "/oauth/callback";

/** An address at which a person agrees to a connection, good until `until` (ms since the epoch). */
export interface Consent {
  url: string;
  until: number;
}

/**
 * Begins the authorization of a connection. `name` says which of its credentials, where several need it. Throws `unsupported`
 * when none does, and `credential_missing`.
 */
export async function beginAuthorization(
  { ports, actor, baseUrl }: Context,
  connector: Connector,
  connection: Connection,
  name: string | undefined,
): Promise<Consent> {
  const { auth, grant } = authorizable(connector, name);
  const account = await openAccount(ports, connection);
  const redirectUri = linkBase(ports.config, baseUrl) + CALLBACK_PATH;
  const about = { connection: connection.id, auth: auth.name, keyId: actor.keyId, redirectUri };
  const ticket = newTicket(ports, about);
  return { url: consentAddress({ connector, account }, auth, grant, ticket), until: ticket.until };
}

interface Authorizable {
  auth: Auth;
  grant: AuthorizationCodeGrant;
}

function authorizable(connector: Connector, name: string | undefined): Authorizable {
  const all = Object.values(connector.auths).flatMap((auth): Authorizable[] =>
    auth.grant?.type === "authorization_code" ? [{ auth, grant: auth.grant }] : [],
  );
  const [first, second] = all;
  if (!first) throw new TidewireError("unsupported", `Nobody needs to agree to a connection of "${connector.handle}".`);
  const found = name === undefined && !second ? first : all.find(({ auth }) => auth.name === (name ?? "default"));
  if (found) return found;
  throw invalidInput([{ at: "auth", message: `name one of ${all.map(({ auth }) => `"${auth.name}"`).join(", ")}` }]);
}
