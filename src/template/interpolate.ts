import type { Hole, Node } from "./node.ts";
import { compileList, compilePath, compileTest, invalidValue, type Read, type Scope, spend } from "./scope.ts";

/** Renders text with its holes filled; undefined when a hole has no text (and so the whole has none). */
export type Interpolate = (scope: Scope) => string | undefined;

/** Compiles text with holes, choices and loops. `show` compiles how one hole becomes text, by where it stands. */
export function compileInterpolation(nodes: Node[], show: (hole: Hole) => Interpolate): Interpolate {
  const pieces = nodes.map((node) => compilePiece(node, show));
  if (pieces.length === 1 && pieces[0]) return pieces[0];
  return (scope) => {
    let text = "";
    for (const piece of pieces) {
      const added = piece(scope);
      if (added === undefined) return undefined;
      spend(scope, added.length);
      text += added;
    }
    return text;
  };
}

function compilePiece(node: Node, show: (hole: Hole) => Interpolate): Interpolate {
  if (node.kind === "text") return () => node.text;
  if (node.kind === "hole") return show(node);
  const body = compileInterpolation(node.body, show);
  const otherwise = compileInterpolation(node.otherwise, show);
  if (node.kind === "choice") {
    const test = compileTest(node.test);
    return (scope) => (test(scope) ? body(scope) : otherwise(scope));
  }
  const list = compileList(node.list);
  return (scope) => {
    const members = list(scope);
    if (members.length === 0) return otherwise(scope);
    let text = "";
    for (const member of members) {
      const added = body(member);
      if (added === undefined) return undefined;
      spend(scope, added.length);
      text += added;
    }
    return text;
  };
}

/** Compiles a hole that takes text, numbers and booleans; null is empty text. Throws `invalid_input` for arrays and objects. */
export function compileScalar({ path }: Hole, read: Read = compilePath(path)): Interpolate {
  return (scope) => {
    const value = read(scope);
    if (typeof value === "string" || value === undefined) return value;
    if (value === null) return "";
    if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return String(value);
    throw invalidValue(path, "text, a number or a boolean", value);
  };
}
