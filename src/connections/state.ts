import type { Connector } from "../manifest/connector.ts";
import type { Connection } from "../model/connection.ts";

/** The state of a connection with these tokens: one whose credential a person must agree to waits for that. */
export function stateOf({ auths }: Connector, sealedTokens: Connection["sealedTokens"]): Connection["state"] {
  const waits = Object.values(auths).some(
    ({ name, optional, grant }) => !optional && grant?.type === "authorization_code" && !(name in sealedTokens),
  );
  return waits ? "needs_reauth" : "active";
}
