import type { Json } from "../kernel/json.ts";
import type { Selector } from "./select.ts";

/**
 * How something that an operation begins at the provider is awaited. `read`, `results` and `cancel` name operations of the same
 * resource, whose one required input takes the record's key. Durations are ms.
 */
export interface AsyncRule {
  read: string;
  /** What in the record is compared with `done` and `failed`. */
  field: Selector;
  done: Json[];
  failed: Json[];
  results: string | null;
  cancel: string | null;
  progress: Selector | null;
  /** The wait between two reads: a tenth of the time that went by, between these two. */
  everyMs: number;
  upToMs: number;
  /** How long it is awaited at most. */
  withinMs: number;
}
