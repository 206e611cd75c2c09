export type OncePer<K extends object, V> = (key: K, make: () => V) => V;

/** A cache that keeps one value for each object as long as the object lives: what the manifest says is compiled once, lazily. */
export function oncePer<K extends object, V>(): OncePer<K, V> {
  const made = new WeakMap<K, V>();
  return (key, make) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make();
    made.set(key, value);
    return value;
  };
}
