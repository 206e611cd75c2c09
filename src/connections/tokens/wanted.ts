import type { Ports } from "../../context.ts";
import type { Connected } from "../../engine/ground.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { Auth } from "../../manifest/connector.ts";
import type { Connection } from "../../model/connection.ts";
import { openCredentials } from "../credentials.ts";
import { type HeldToken, openToken, printOf } from "./held-token.ts";

/** A token that a call needs. */
export interface Wanted {
  call: Connected;
  auth: Auth;
  /** What it is got with (`printOf`). */
  print: string;
  /** The one that the provider has just refused. */
  refused: Secret | null;
}

/** The token that a connection holds, if it can be used for this. */
export function goodToken(
  { vault, clock }: Pick<Ports, "vault" | "clock">,
  stored: Connection | null,
  { auth, print, refused }: Wanted,
): HeldToken | null {
  const held = stored && openToken(vault, stored, auth.name, print);
  if (!held || held.accessToken.reveal() === refused?.reveal()) return null;
  return held.renewAt === null || clock.now() < held.renewAt ? held : null;
}

/** True when the connection as it is stored has the credentials and settings that this is wanted with: not so in a probe of others. */
export function isOf({ vault }: Pick<Ports, "vault">, stored: Connection, { call, auth, print }: Wanted): boolean {
  const { params } = stored;
  return printOf(call.connector, auth, { params, credentials: openCredentials(vault, stored) }) === print;
}
