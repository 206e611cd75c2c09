interface Turn {
  what: string;
  done: Promise<unknown>;
}

/** The last turn of each connection that has one. */
const turnsOf = new WeakMap<object, Map<string, Turn>>();

/**
 * Runs what changes a connection's tokens one after the other. Those who ask for the same thing while it waits or runs share
 * one run and its outcome: many calls at once make one token request. `store` tells the products of one process apart.
 */
export function oneAtATime<T>(store: object, connectionId: string, what: string, run: () => Promise<T>): Promise<T> {
  const turns = turnsOf.get(store) ?? new Map<string, Turn>();
  turnsOf.set(store, turns);
  const last = turns.get(connectionId);
  if (last?.what === what) return last.done as Promise<T>;
  const done = (last ? last.done.then(run, run) : run()).finally(() => {
    if (turns.get(connectionId)?.done === done) turns.delete(connectionId);
  });
  turns.set(connectionId, { what, done });
  return done;
}
