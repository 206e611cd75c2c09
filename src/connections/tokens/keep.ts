import type { Ports } from "../../context.ts";
import { Secret } from "../../kernel/secret.ts";
import type { Auth, Connector } from "../../manifest/connector.ts";
import type { Connection } from "../../model/connection.ts";
import { stateOf } from "../state.ts";
import { sealToken } from "./held-token.ts";
import type { Gained } from "./token-call.ts";

/** How long before its end a token is replaced, in ms; a tenth of its life when that is less. */
const EARLY_MS = 30_000;

/** Keeps what was got for a credential of a connection. It must be the connection's turn (`oneAtATime`). */
export async function keepToken(
  { store, vault, clock, log }: Pick<Ports, "store" | "vault" | "clock" | "log">,
  connector: Connector,
  connection: Connection,
  auth: Auth,
  { gained, print }: { gained: Gained; print: string },
): Promise<void> {
  const { accessToken, refreshToken, lifetimeMs } = gained;
  const sealed = sealToken(vault, connection.id, auth.name, {
    accessToken: new Secret(accessToken),
    refreshToken: refreshToken === null ? null : new Secret(refreshToken),
    renewAt: lifetimeMs === null ? null : clock.now() + lifetimeMs - Math.min(EARLY_MS, lifetimeMs / 10),
    print,
  });
  const sealedTokens = { ...connection.sealedTokens, [auth.name]: sealed };
  await store.connections.update(connection.id, { sealedTokens, state: stateOf(connector, sealedTokens) });
  log.info({ connection: connection.name, credential: auth.name, method: auth.method }, "token kept");
}
