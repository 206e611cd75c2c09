import { hash } from "node:crypto";
import { Secret } from "../../kernel/secret.ts";
import type { Vault } from "../../kernel/vault.ts";
import type { Auth, Connector } from "../../manifest/connector.ts";
import { credentialNames, hostSettings } from "../../manifest/grant.ts";
import type { Account, Connection } from "../../model/connection.ts";
import { openCredentials } from "../credentials.ts";
import { BASE_URL } from "../settings.ts";

/** A token that was got for a credential. */
export interface HeldToken {
  accessToken: Secret;
  refreshToken: Secret | null;
  /** When it is replaced, a little before it ends, in ms since the epoch; null: when it is refused. */
  renewAt: number | null;
  /** What it was got with (`printOf`): with other credentials, or for another host, it is not used. */
  print: string;
}

/** As it is sealed. */
interface Written {
  access: string;
  refresh: string | null;
  renewAt: number | null;
  print: string;
}

type Tokened = Pick<Connection, "id" | "sealedTokens">;

const openedBy = new WeakMap<Vault, Map<string, { sealed: string; token: HeldToken }>>();

/** A token, sealed for this connection and this credential alone. */
export function sealToken(vault: Vault, connectionId: string, auth: string, token: HeldToken): string {
  const { accessToken, refreshToken, renewAt, print } = token;
  const written: Written = {
    access: accessToken.reveal(),
    refresh: refreshToken?.reveal() ?? null,
    renewAt,
    print,
  };
  return vault.seal(JSON.stringify(written), contextOf(connectionId, auth));
}

/** The token of a connection's credential, opened once for each version of it; null when there is none that `print` fits. */
export function openToken(vault: Vault, { id, sealedTokens }: Tokened, auth: string, print: string): HeldToken | null {
  const sealed = sealedTokens[auth];
  if (sealed === undefined) return null;
  const context = contextOf(id, auth);
  const opened = openedBy.get(vault) ?? new Map<string, { sealed: string; token: HeldToken }>();
  openedBy.set(vault, opened);
  const known = opened.get(context);
  const token = known?.sealed === sealed ? known.token : readToken(vault.open(sealed, context));
  opened.set(context, { sealed, token });
  return token.print === print ? token : null;
}

/** The tokens of a connection that its credentials and settings, as they are now, still fit. */
export function tokensStillGood(
  vault: Vault,
  connector: Connector,
  connection: Connection,
): Connection["sealedTokens"] {
  const account = { params: connection.params, credentials: openCredentials(vault, connection) };
  const good = Object.entries(connection.sealedTokens).filter(([name]) => {
    const auth = connector.auths[name];
    return auth && openToken(vault, connection, name, printOf(connector, auth, account)) !== null;
  });
  return Object.fromEntries(good);
}

function readToken(text: string): HeldToken {
  const { access, refresh, renewAt, print } = JSON.parse(text) as Written;
  return {
    accessToken: new Secret(access),
    refreshToken: refresh === null ? null : new Secret(refresh),
    renewAt,
    print,
  };
}

/** What a token depends on, as one hash: the values of its credential, and the settings that say where these go. */
export function printOf(connector: Connector, auth: Auth, account: Pick<Account, "params" | "credentials">): string {
  const names = [...new Set([BASE_URL, ...hostSettings(connector), ...credentialNames(auth)])].sort();
  const values = names.map((name) => account.credentials[name]?.reveal() ?? account.params[name] ?? null);
  return hash("sha256", JSON.stringify([names, values]), "hex");
}

function contextOf(connectionId: string, auth: string): string {
  return `${connectionId} token ${auth}`;
}
