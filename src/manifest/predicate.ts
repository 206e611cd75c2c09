import type { Json } from "../kernel/json.ts";
import type { Selector } from "./select.ts";

/** A condition as data; `"now"` as a value is the time of the check. */
export type Predicate =
  | { all: Predicate[] }
  | { any: Predicate[] }
  | { not: Predicate }
  | {
      field: Selector;
      equals?: Json;
      in?: Json[];
      exists?: boolean;
      gt?: Json;
      gte?: Json;
      lt?: Json;
      lte?: Json;
      contains?: Json;
      before?: string;
      after?: string;
    };
