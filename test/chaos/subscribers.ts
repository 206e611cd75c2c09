import { createVault } from "../../src/kernel/vault.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { aSubscription } from "../support/store-rows.ts";
import type { Mortal } from "./mortal.ts";

/** Puts many subscriptions to the notes into the database of a server that does not run, as it would have made them. */
export async function makeSubscribers(
  { path, env }: Mortal,
  count: number,
  urlOf: (n: number) => string,
): Promise<void> {
  const vault = createVault([String(env.TIDEWIRE_VAULT_KEY)]);
  const store = await openSqliteStore({ path });
  const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  await Promise.all(
    Array.from({ length: count }, (_, n) => {
      const id = `sub_${n}`;
      const secrets = [{ sealed: vault.seal(secret, id), until: null }];
      return store.subscriptions.create(
        aSubscription(id, { owner: "key_root", url: urlOf(n), events: ["notes.*"], secrets }),
      );
    }),
  );
  await store.close();
}
