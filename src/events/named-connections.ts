import type { Ports } from "../context.ts";
import { notFound } from "../kernel/errors.ts";
import { type Actor, mayUseConnection } from "../model/actor.ts";
import type { Connection } from "../model/connection.ts";

/**
 * The connections of an id or a name that the caller may use: one for an id; for a name one of each connector that has it.
 * Throws `not_found` when there is none.
 */
export async function namedConnections(
  { store }: Pick<Ports, "store">,
  actor: Actor,
  ref: string,
): Promise<[Connection, ...Connection[]]> {
  const all = await store.connections.all();
  const [first, ...others] = all.filter((c) => (c.id === ref || c.name === ref) && mayUseConnection(actor, c.id));
  if (!first) throw notFound("connection", ref);
  return [first, ...others];
}

/** Ids of the connections of which the caller sees events: those of a name or an id, else all that it may use; null = all. */
export async function visibleConnections(
  ports: Pick<Ports, "store">,
  actor: Actor,
  ref: string | undefined,
): Promise<readonly string[] | null> {
  return ref === undefined ? actor.connections : (await namedConnections(ports, actor, ref)).map(({ id }) => id);
}
