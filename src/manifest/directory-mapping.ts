import type { Json, JsonObject } from "../kernel/json.ts";
import type { DirectoryVerb } from "../model/directory.ts";
import type { Field } from "./field.ts";
import type { Predicate } from "./predicate.ts";
import type { Selector } from "./select.ts";

/** How operations and records of an API map on one model of the unified user directory (`model/directory.ts`). */
export interface DirectoryMapping {
  fields: MappedField[];
  /** The records themselves, whole, where the API has fixed ones; else null. */
  records: JsonObject[] | null;
  /** For each verb its choices, of which the first whose `when` holds of the request is taken. */
  verbs: Partial<Record<DirectoryVerb, DirectoryChoice[]>>;
}

/** Where a unified field stands in the API's own record. */
export interface MappedField extends Field {
  /** Texts that are joined by a space, in place of a selector. */
  join: Selector[] | null;
  /** The API's value (as text) → ours. */
  values: Record<string, string> | null;
}

/** `input`: `{"$param": "email"}` stands for what the request says. `reread`: the answer is not the record, `get` reads that. */
export type DirectoryChoice =
  | { when: Predicate | null; operation: string; input: Record<string, Json>; reread: boolean }
  | { when: Predicate | null; unsupported: string };
