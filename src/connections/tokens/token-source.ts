import type { Ports } from "../../context.ts";
import type { TokenFor } from "../../engine/call.ts";
import { TidewireError } from "../../kernel/errors.ts";
import { oneAtATime } from "../../kernel/one-at-a-time.ts";
import { Secret } from "../../kernel/secret.ts";
import { refreshedToken } from "./authorization-code.ts";
import { clientToken } from "./client-credentials.ts";
import { type HeldToken, openToken, printOf } from "./held-token.ts";
import { keepToken } from "./keep.ts";
import { markNeedsReauth, type ReauthPorts } from "./needs-reauth.ts";
import { recentRefusal, rememberRefusal } from "./quiet.ts";
import { sessionToken } from "./session.ts";
import type { Gained } from "./token-call.ts";
import { goodToken, isOf, type Wanted } from "./wanted.ts";

type TokenSourcePorts = ReauthPorts & Pick<Ports, "vault" | "upstream">;

/** Gives the token that a connection holds while it is good, else a new one, got once however many ask for it at once. */
export function tokenSource(ports: TokenSourcePorts): TokenFor {
  return async (call, auth, refused) => {
    const wanted: Wanted = { call, auth, print: printOf(call.connector, auth, call.account), refused };
    const { connectionId } = call.account;
    const held = goodToken(ports, await ports.store.connections.get(connectionId), wanted);
    if (held) return held.accessToken;
    const what = `${nameOf(wanted)} ${refused?.reveal() ?? ""}`;
    return oneAtATime(ports.store, connectionId, what, () => renew(ports, wanted));
  };
}

async function renew(ports: TokenSourcePorts, wanted: Wanted): Promise<Secret> {
  const { store, vault, clock } = ports;
  const { call, auth, print } = wanted;
  const { connectionId } = call.account;
  const stored = await store.connections.get(connectionId);
  const good = goodToken(ports, stored, wanted);
  if (good) return good.accessToken;
  const refusal = recentRefusal(store, nameOf(wanted), clock.now());
  if (refusal) throw refusal;
  const held = stored && openToken(vault, stored, auth.name, print);
  try {
    const gained = await gain(ports, wanted, held);
    const connection = await store.connections.get(connectionId);
    if (connection && isOf(ports, connection, wanted)) {
      await keepToken(ports, call.connector, connection, auth, { gained, print });
    }
    return new Secret(gained.accessToken);
  } catch (error) {
    if (error instanceof TidewireError && error.code === "needs_reauth") await giveUp(ports, wanted, error);
    throw error;
  }
}

async function gain(ports: TokenSourcePorts, { call, auth }: Wanted, held: HeldToken | null): Promise<Gained> {
  const { grant } = auth;
  switch (grant?.type) {
    case "client_credentials":
      return clientToken(ports, call, auth, grant);
    case "session":
      return sessionToken(ports, call, auth, grant);
    case "authorization_code":
      if (!held) throw notAuthorized(call.account, auth.optional ? "credential_missing" : "needs_reauth");
      if (!held.refreshToken) throw notAuthorized(call.account, "needs_reauth");
      return refreshedToken(ports, call, auth, grant, held.refreshToken);
    default:
      throw new TidewireError("internal", `The credential "${auth.name}" is sent itself.`);
  }
}

/**
 * Lets go of a token that cannot be had any more, unless what was asked with is not what the connection has. A connection can
 * do without an optional credential, so that nothing more is made of it.
 */
async function giveUp(ports: TokenSourcePorts, wanted: Wanted, error: TidewireError): Promise<void> {
  const { store, clock } = ports;
  const { call, auth } = wanted;
  // With no refresh token left, nothing would be asked anyway.
  if (auth.method !== "oauth2_authorization_code") rememberRefusal(store, nameOf(wanted), error, clock.now());
  const connection = await store.connections.get(call.account.connectionId);
  if (!connection || !isOf(ports, connection, wanted)) return;
  const { [auth.name]: lost, ...sealedTokens } = connection.sealedTokens;
  if (auth.optional) {
    if (lost !== undefined) await store.connections.update(connection.id, { sealedTokens });
  } else if (lost !== undefined || connection.state === "active") {
    await markNeedsReauth(ports, connection, error.message, { sealedTokens });
  }
}

function notAuthorized(
  { connectionId, name }: Wanted["call"]["account"],
  code: "credential_missing" | "needs_reauth",
): TidewireError {
  return new TidewireError(
    code,
    `A person must agree to what the connection "${name}" does: open the address that GET /v1/connections/${connectionId}/authorize gives.`,
  );
}

/** The credential and its values. */
function nameOf({ call, auth, print }: Wanted): string {
  return `${call.account.connectionId} ${auth.name} ${print}`;
}
