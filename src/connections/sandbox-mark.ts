import type { Ports } from "../context.ts";
import type { Connection } from "../model/connection.ts";

/**
 * The built-in sandbox is known by its name and by a setting of the database that only the start writes, not by anything a user
 * can put into a connection. It names the address too: a connection that was pointed elsewhere is no sandbox any more.
 */
export const SANDBOX_NAME = "sandbox";
const SETTING = "sandbox.connection";

type Marked = Pick<Connection, "id" | "name" | "params">;

const markOf = ({ id, params }: Marked) => `${id} ${params.baseUrl ?? ""}`;

export async function markSandbox({ store }: Pick<Ports, "store">, connection: Marked): Promise<void> {
  await store.settings.set(SETTING, markOf(connection));
}

/** At once false for nearly all: every call upstream asks. */
export function isSandbox(ports: Pick<Ports, "store">, connection: Marked): false | Promise<boolean> {
  return connection.name === SANDBOX_NAME && isMarked(ports, connection);
}

async function isMarked({ store }: Pick<Ports, "store">, connection: Marked): Promise<boolean> {
  return (await store.settings.get(SETTING)) === markOf(connection);
}
