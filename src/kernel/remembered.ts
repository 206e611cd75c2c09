/**
 * `make`, with what it gave for the latest `most` keys remembered: for a result that its key alone decides and that is dear
 * to make. What throws is not remembered.
 */
export function remembered<T extends object>(most: number, make: (key: string) => T): (key: string) => T {
  const kept = new Map<string, T>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    if (kept.size >= most) kept.delete(kept.keys().next().value as string);
    kept.set(key, made);
    return made;
  };
}
