import type { Json } from "../kernel/json.ts";
import type { Hole, Node, Path } from "./node.ts";

/** JSON with holes: what stands where is settled, only the values are open. */
export type Tree =
  | { kind: "constant"; value: Json }
  /** `quoted`: the hole is all that stands between two quotes. */
  | { kind: "hole"; hole: Hole; quoted: boolean }
  /** A string of text, holes, choices and loops, unescaped. */
  | { kind: "string"; parts: Node[] }
  | { kind: "object"; members: Entry<Member>[] }
  | { kind: "array"; elements: Entry<Tree>[] }
  /** Null where a branch is empty: then there is no value. */
  | { kind: "choice"; test: Path; body: Tree | null; otherwise: Tree | null };

export interface Member {
  key: string;
  value: Tree;
}

/** What stands between the brackets of an array or object, in order of appearance. Commas only part the items. */
export type Entry<T> =
  | { kind: "item"; item: T; at: number }
  | { kind: "comma"; at: number }
  | { kind: "choice"; test: Path; body: Entry<T>[]; otherwise: Entry<T>[]; at: number }
  | { kind: "each"; list: Path; body: Entry<T>[]; otherwise: Entry<T>[]; at: number };
