import { hash } from "node:crypto";
import { z } from "zod";
import type { Ports } from "../../context.ts";
import { TidewireError } from "../../kernel/errors.ts";
import { secureBytes } from "../../kernel/random.ts";

const TICKET = z.object({
  /** Id of the connection, and the name of its credential. */
  connection: z.string(),
  auth: z.string(),
  /** The key that began it. */
  keyId: z.string(),
  redirectUri: z.string(),
  /** Of PKCE (RFC 7636). */
  verifier: z.string(),
  /** ms since the epoch. */
  until: z.number(),
});

/** What the way back from the provider must know. It travels sealed, as OAuth's `state`: nothing is stored before it comes back. */
export type Ticket = z.infer<typeof TICKET>;

const LIFE_MS = 10 * 60_000;
const CONTEXT = "oauth state";

/** A ticket that is good for ten minutes, with the `state` that it travels as. */
export function newTicket(
  { vault, clock }: Pick<Ports, "vault" | "clock">,
  about: Pick<Ticket, "connection" | "auth" | "keyId" | "redirectUri">,
): Ticket & { state: string } {
  const verifier = secureBytes(32).toString("base64url");
  const ticket: Ticket = { ...about, verifier, until: clock.now() + LIFE_MS };
  return { ...ticket, state: vault.seal(JSON.stringify(ticket), CONTEXT) };
}

/** The ticket of a `state`, taken: a second time it is none. Null for one that is not ours, too old, or used. */
export async function takeTicket(
  { vault, clock, store, bootId }: Pick<Ports, "vault" | "clock" | "store" | "bootId">,
  state: string,
): Promise<Ticket | null> {
  const ticket = openTicket(vault, state);
  const now = clock.now();
  if (!ticket || ticket.until <= now) return null;
  // Remembered for a day, as every write that is done once only.
  // Known by what is within: the same seal can be written in many ways.
  const id = hash("sha256", `${CONTEXT} ${ticket.verifier}`, "hex");
  const record = { id, bodyHash: "", state: "done" as const, boot: bootId, sealedAnswer: null, createdAt: now };
  return (await store.idempotency.begin(record, 0)) === null ? ticket : null;
}

function openTicket(vault: Ports["vault"], state: string): Ticket | null {
  try {
    return TICKET.parse(JSON.parse(vault.open(state, CONTEXT)));
  } catch (error) {
    if (error instanceof TidewireError && error.code === "vault_key_wrong") return null;
    throw error;
  }
}
