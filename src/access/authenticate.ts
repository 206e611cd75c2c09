import { hash, timingSafeEqual } from "node:crypto";
import type { Ports } from "../context.ts";
import { TidewireError } from "../kernel/errors.ts";
import { remembered } from "../kernel/remembered.ts";
import { type Actor, type ApiKey, SCOPES } from "../model/actor.ts";

/** The root key's id: it owns what the server makes by itself. */
export const ROOT_KEY_ID = "key_root";

/** Who the product is to itself, and whoever has the root key. */
export const ROOT: Actor = { keyId: ROOT_KEY_ID, name: "root", scopes: SCOPES, connections: null };

/** The hex SHA-256 by which a key is known. Keys are random, 160 bits and more, so that no slow hash is needed. */
export function hashKey(key: string): string {
  return hash("sha256", key, "hex");
}

/** Tells whose key it is. Throws `unauthorized` for a key that is missing, unknown or revoked, without saying which. */
export type Authenticate = (key: string | undefined) => Actor | Promise<Actor>;

/** Keys whose hashes are remembered, in memory alone as the root key is: making one takes as long as all else that is asked of a key. */
const MOST_KEYS = 100;

/** The root key is known by the settings, all others by the store; hashes are compared in constant time. */
export function createAuthenticate(ports: Pick<Ports, "store">, rootKey: string): Authenticate {
  const rootHash = hash("sha256", rootKey, "buffer");
  const hashOf = remembered(MOST_KEYS, (key) => hash("sha256", key, "buffer"));
  const storedActor = async (keyHash: string) => {
    const stored = await ports.store.keys.byHash(keyHash);
    if (stored && stored.revokedAt === null) return toActor(stored);
    throw unauthorized();
  };
  return (key) => {
    if (key === undefined || key === "") throw unauthorized();
    const given = hashOf(key);
    return timingSafeEqual(given, rootHash) ? ROOT : storedActor(given.toString("hex"));
  };
}

function unauthorized(): TidewireError {
  return new TidewireError(
    "unauthorized",
    "Send a Tidewire key as `Authorization: Bearer tw_…` or `x-api-key: tw_…`. `tidewire keys create` makes one.",
  );
}

/** The rights that a key has now, for work that goes on in its name. Throws `forbidden` when it was revoked. */
export async function actorOf({ store }: Pick<Ports, "store">, keyId: string): Promise<Actor> {
  if (keyId === ROOT_KEY_ID) return ROOT;
  const key = await store.keys.get(keyId);
  if (key && key.revokedAt === null) return toActor(key);
  throw new TidewireError("forbidden", `The key "${keyId}", in whose name this runs, was revoked.`);
}

function toActor(key: ApiKey): Actor {
  return { keyId: key.keyId, name: key.name, scopes: key.scopes, connections: key.connections };
}
