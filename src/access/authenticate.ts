import { hash, timingSafeEqual } from "node:crypto";
import type { Ports } from "../context.ts";
import { TidewireError } from "../kernel/errors.ts";
import { type Actor, type ApiKey, SCOPES } from "../model/actor.ts";

/** The root key's id: it owns what the server makes by itself. */
export const ROOT_KEY_ID = "key_root";

/** The hex SHA-256 by which a key is known. Keys are random, 160 bits and more, so that no slow hash is needed. */
export function hashKey(key: string): string {
  return hash("sha256", key, "hex");
}

/** Tells whose key it is. Throws `unauthorized` for a key that is missing, unknown or revoked, without saying which. */
export type Authenticate = (key: string | undefined) => Promise<Actor>;

/** The root key is known by the settings, all others by the store; hashes are compared in constant time. */
export function createAuthenticate(ports: Pick<Ports, "store">, rootKey: string): Authenticate {
  const rootHash = Buffer.from(hashKey(rootKey));
  const root: Actor = { keyId: ROOT_KEY_ID, name: "root", scopes: SCOPES, connections: null };
  return async (key) => {
    if (key !== undefined && key !== "") {
      const given = hashKey(key);
      if (timingSafeEqual(Buffer.from(given), rootHash)) return root;
      const stored = await ports.store.keys.byHash(given);
      if (stored && stored.revokedAt === null) return toActor(stored);
    }
    throw new TidewireError(
      "unauthorized",
      "Send a Tidewire key as `Authorization: Bearer tw_…` or `x-api-key: tw_…`. `tidewire keys create` makes one.",
    );
  };
}

function toActor(key: ApiKey): Actor {
  return { keyId: key.keyId, name: key.name, scopes: key.scopes, connections: key.connections };
}
