import type { Json } from "../kernel/json.ts";
import type { Predicate } from "./predicate.ts";
import type { Selector } from "./select.ts";

export type FieldType =
  | "String"
  | "Integer"
  | "Number"
  | "Decimal"
  | "Boolean"
  | "DateTime"
  | "Array"
  | "Object"
  | "Json"
  | "Binary";

/** The value of a payload field when `when` holds; null always does. */
interface Case {
  when: Predicate | null;
  value: Json;
}

/** An input of an operation or a setting of a connection. */
export interface Param {
  name: string;
  type: FieldType;
  required: boolean;
  default?: Json;
  enum?: Json[];
  min?: number;
  max?: number;
  pattern?: string;
  format?: string;
  /** Type of the members of an Array. */
  items?: FieldType;
  description: string;
  /** `resource.operation` that lists the choices. */
  options?: string;
}

export interface Field {
  name: string;
  type: FieldType;
  /** Unused when there are `cases`. */
  selector: Selector;
  /** In a payload: the first case that holds gives the value, in place of a selector. See `payload.ts`. */
  cases: Case[] | null;
  /** Other selectors to try, in order. */
  alternatives: Selector[];
  primary: boolean;
  nullable: boolean;
  volatile: boolean;
  /** Holds a URL under the base URL, which the proxy rewrites. */
  link: boolean;
  /** Of a Decimal: its value is the provider's times ten to this power (-2: cents become the currency's unit). */
  scale: number;
  /** Of an Object, or of an Array of them: the fields of it that are selected; null leaves it as it is. */
  fields: Field[] | null;
  enum?: Json[];
  items?: FieldType;
  description: string;
}
