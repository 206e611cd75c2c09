interface Turn {
  what: string | null;
  done: Promise<unknown>;
}

/** The last turn of each name that has one. */
const turnsOf = new WeakMap<object, Map<string, Turn>>();

/**
 * Runs what reads and then changes one thing (a subscription, a connection's tokens) one after the other. Those who ask for the
 * same (`what`) while it waits or runs share one run and its outcome; null is shared with nobody. `store` tells the products of
 * one process apart.
 */
export function oneAtATime<T>(store: object, name: string, what: string | null, run: () => Promise<T>): Promise<T> {
  const turns = turnsOf.get(store) ?? new Map<string, Turn>();
  turnsOf.set(store, turns);
  const last = turns.get(name);
  if (last && what !== null && last.what === what) return last.done as Promise<T>;
  const done = (last ? last.done.then(run, run) : run()).finally(() => {
    if (turns.get(name)?.done === done) turns.delete(name);
  });
  turns.set(name, { what, done });
  return done;
}
