import { closest, distance } from "fastest-levenshtein";

/** The known name that a misspelt one most likely means; null when none is near. Two letters that changed places are two differences. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const guess = closest(
    name.toLowerCase(),
    known.map((k) => k.toLowerCase()),
  );
  if (distance(name.toLowerCase(), guess) > allowance(name)) return null;
  return known.find((k) => k.toLowerCase() === guess) ?? null;
}

/** The tail of a message about an unknown name: what was probably meant, or what there is. */
export function suggestion(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  if (guess !== null) return `Did you mean "${guess}"?`;
  return known.length === 0 ? "None is declared." : `There is ${known.map((k) => `"${k}"`).join(", ")}.`;
}

/** How many letters may differ: one of a short name, a third of a long one. */
function allowance({ length }: string): number {
  return length <= 3 ? 1 : Math.max(2, Math.floor(length / 3));
}
