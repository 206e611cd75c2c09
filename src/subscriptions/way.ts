import type { Selector } from "../manifest/select.ts";

/** A way into an event as people write it, `data.items.0.id`, as steps; one of digits is an index. Keys with dots in them have no such text. */
export function readWay(text: string): Selector {
  return text.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
