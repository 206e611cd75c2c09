import type { NumberRange } from "../model/poller.ts";

/** Numbers as runs of such as follow each other; the items of a page that was stored at once are a single one. */
export function toRanges(numbers: readonly number[]): NumberRange[] {
  const ranges: NumberRange[] = [];
  for (const n of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && n < last[0] + last[1]) continue; // the same once more
    if (last && n === last[0] + last[1]) last[1]++;
    else ranges.push([n, 1]);
  }
  return ranges;
}

/** The numbers of ranges, one by one. */
export function numbersIn(ranges: readonly NumberRange[]): number[] {
  return ranges.flatMap(([from, count]) => Array.from({ length: count }, (_, i) => from + i));
}
