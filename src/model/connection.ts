import type { Secret } from "../kernel/secret.ts";

/** An account at a connector's API, as stored: credentials are one sealed text. Times are ms since the epoch. */
export interface Connection {
  id: string;
  connector: string;
  name: string;
  /** Non-secret settings such as `baseUrl`. */
  params: Record<string, string>;
  /** The vault's sealed JSON `{field: value}`; additional data is the connection's id. */
  sealedCredentials: string;
  /** Names of the credential fields that are set, so that nobody must open the seal to know. */
  credentialFields: string[];
  /** Tokens that were got for its credentials, by the credential's name, each sealed for this connection and credential. */
  sealedTokens: Record<string, string>;
  state: "active" | "needs_reauth";
  /** Whose account it is, as the probe found; null when it was skipped. */
  account: string | null;
  owner: string;
  createdAt: number;
  updatedAt: number;
}

/** A connection opened for use: what a call to its API needs. */
export interface Account {
  connectionId: string;
  connector: string;
  name: string;
  params: Record<string, string>;
  credentials: Record<string, Secret>;
  /** True for the built-in sandbox, which every answer's `meta` must say. */
  sandbox: boolean;
}
