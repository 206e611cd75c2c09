import type { Selector } from "./select.ts";

/** How the events of a stream make up the record that the same call gives unstreamed: what each event does to it, in order. */
export interface AssembleRule {
  steps: AssembleStep[];
  /** The event that ends a stream well, by its name or by its data. A stream without it makes no record. */
  end: { event: string } | { data: string };
}

/** One thing that an event does to the record. An event in which `from` finds nothing does nothing. */
export interface AssembleStep {
  /** Name of the events that do it; null = any. */
  on: string | null;
  /**
   * `set` puts the value there; `merge` its members, less those that are null; `append` lengthens a text; `push` adds to an
   * array; `json` gathers pieces of JSON text, whose value is put there at the end of the stream.
   */
  do: "set" | "merge" | "append" | "push" | "json";
  /** Where the value stands in the event's data. */
  from: Selector;
  /** Where it goes in the record; what is missing on the way is made. */
  at: Place;
}

/** Keys and indexes; `{"$event": selector}` is a key or index that the event itself names. */
export type Place = (string | number | { $event: Selector })[];
