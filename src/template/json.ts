import { invalidInput } from "../kernel/errors.ts";
import { type Json, type JsonObject, setMember } from "../kernel/json.ts";
import { parseTree } from "./grammar.ts";
import { compileTyped, type HoleType, typeOfHole } from "./hole.ts";
import { compileInterpolation, compileScalar, type Interpolate } from "./interpolate.ts";
import { templateMistake } from "./mistake.ts";
import type { Hole } from "./node.ts";
import type { Template } from "./parse.ts";
import { compileList, compileTest, rootScope, type Scope, spend } from "./scope.ts";
import type { Entry, Member, Tree } from "./tree.ts";

/** A compiled JSON template. */
export interface JsonTemplate extends Pick<Template, "names" | "places"> {
  /**
   * The tree with its holes filled. A missing value takes its member, element or string away; null stays null, and is empty
   * text within a longer string. Throws `invalid_input` for a value of another type than its placeholder's, for an array or
   * object where text stands, when nothing is left, and when it takes more than `most` steps (one for each round of an `each`,
   * member and element, and for each character of text; no end unless said). Arrays and objects given as values are put in,
   * not copied.
   */
  render(values: Record<string, unknown>, most?: number): Json;
}

/** Makes a value; undefined = leave it out. */
type Render = (scope: Scope) => Json | undefined;
/** Adds what an entry yields to an array or object under construction. */
type Put<Target> = (scope: Scope, target: Target) => void;

/**
 * Compiles a JSON template (MANIFEST: Body templates) to closures over its tree. `types` are the declared types of its
 * placeholders by name (String, Integer, Number, Boolean, DateTime, Array, Object, Json).
 * Throws `manifest_invalid`, with `line:column` in `errors`, for a template that cannot yield JSON.
 */
export function compileJson(source: string, types: Record<string, string>): JsonTemplate {
  const { tree, names, places } = parseTree(source);
  const render = new TreeCompiler(source, types).tree(tree);
  return {
    names,
    places,
    render(values, most) {
      const value = render(rootScope(values, most));
      if (value !== undefined) return value;
      throw invalidInput([
        { at: names.join(", ") || "(template)", message: "is missing, and the body is nothing else" },
      ]);
    },
  };
}

class TreeCompiler {
  readonly #source: string;
  readonly #types: Record<string, string>;

  constructor(source: string, types: Record<string, string>) {
    this.#source = source;
    this.#types = types;
  }

  tree(tree: Tree | null): Render {
    if (tree === null) return () => undefined;
    switch (tree.kind) {
      case "constant":
        return () => tree.value;
      case "hole":
        return tree.quoted ? this.#quoted(tree.hole) : this.#bare(tree.hole, this.#typeOf(tree.hole));
      case "string":
        return compileInterpolation(tree.parts, (hole) => this.#inText(hole));
      case "choice": {
        const [test, body, otherwise] = [compileTest(tree.test), this.tree(tree.body), this.tree(tree.otherwise)];
        return (scope) => (test(scope) ? body(scope) : otherwise(scope));
      }
      case "array":
        return build(
          () => [],
          this.#puts(tree.elements, (element) => this.#element(element)),
        );
      case "object":
        return build(
          (): JsonObject => ({}),
          this.#puts(tree.members, (member) => this.#member(member)),
        );
    }
  }

  #element(tree: Tree): Put<Json[]> {
    const render = this.tree(tree);
    return (scope, target) => {
      const value = render(scope);
      if (value !== undefined) target.push(value);
    };
  }

  #member({ key, value: tree }: Member): Put<JsonObject> {
    const render = this.tree(tree);
    return (scope, target) => {
      const value = render(scope);
      if (value !== undefined) setMember(target, key, value);
    };
  }

  #puts<Item, Target>(entries: Entry<Item>[], item: (item: Item) => Put<Target>): Put<Target> {
    const puts = entries.flatMap((entry) => (entry.kind === "comma" ? [] : [this.#put(entry, item)]));
    return (scope, target) => {
      spend(scope, puts.length);
      for (const put of puts) put(scope, target);
    };
  }

  #put<Item, Target>(entry: Exclude<Entry<Item>, { kind: "comma" }>, item: (item: Item) => Put<Target>): Put<Target> {
    if (entry.kind === "item") return item(entry.item);
    const [body, otherwise] = [this.#puts(entry.body, item), this.#puts(entry.otherwise, item)];
    if (entry.kind === "choice") {
      const test = compileTest(entry.test);
      return (scope, target) => (test(scope) ? body : otherwise)(scope, target);
    }
    const list = compileList(entry.list);
    return (scope, target) => {
      const rounds = list(scope);
      if (rounds.length === 0) otherwise(scope, target);
      for (const round of rounds) body(round, target);
    };
  }

  #bare(hole: Hole, type: HoleType): Render {
    return compileTyped(hole, type) as Render;
  }

  /** All that stands between two quotes: an array, object or Json as it is, anything else as text. */
  #quoted(hole: Hole): Render {
    const type = this.#typeOf(hole);
    const typed = this.#bare(hole, type);
    if (type.keeps) return typed;
    const text = compileScalar(hole, typed);
    return (scope) => (typed(scope) === null ? null : text(scope));
  }

  #inText(hole: Hole): Interpolate {
    const type = this.#typeOf(hole);
    if (!type.text) {
      throw templateMistake(
        this.#source,
        hole.at,
        `"${hole.path.written}" is ${type.expected}, which has no place within a longer string.`,
      );
    }
    return compileScalar(hole, compileTyped(hole, type));
  }

  #typeOf(hole: Hole): HoleType {
    const type = typeOfHole(hole, this.#types);
    if (type) return type;
    throw templateMistake(
      this.#source,
      hole.at,
      `"${hole.path.written}" is ${this.#types[hole.path.written]}, which cannot stand in JSON.`,
    );
  }
}

function build<Target extends Json>(empty: () => Target, put: Put<Target>): Render {
  return (scope) => {
    const target = empty();
    put(scope, target);
    return target;
  };
}
