type Waiter<T> = { resolve: (value: T | undefined) => void; reject: (reason: unknown) => void };

/**
 * Turns many loads of one tick into one query: a key asked for twice is loaded once. What the query lacks is undefined;
 * if it throws, every load of that tick does.
 */
export function batched<K, T>(loadMany: (keys: K[]) => Promise<Map<K, T>>): (key: K) => Promise<T | undefined> {
  let waiting = new Map<K, Waiter<T>[]>();

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = new Map();
    try {
      const found = await loadMany([...batch.keys()]);
      for (const [key, waiters] of batch) for (const { resolve } of waiters) resolve(found.get(key));
    } catch (error) {
      for (const waiters of batch.values()) for (const { reject } of waiters) reject(error);
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0) setImmediate(() => void flush());
      const waiters = waiting.get(key);
      if (waiters) waiters.push({ resolve, reject });
      else waiting.set(key, [{ resolve, reject }]);
    });
}
