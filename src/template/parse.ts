import { type PathExpression, parseTags, type Statement } from "./handlebars.ts";
import { templateMistake } from "./mistake.ts";
import type { LoopVariable, Node, Path, TextNode } from "./node.ts";
import { type Dialect, type Segment, scan } from "./scan.ts";

export interface Template {
  nodes: Node[];
  /** The placeholders it uses, in order of appearance, each once. */
  names: string[];
  /** Where each of them stands first. */
  places: ReadonlyMap<string, number>;
}

/** Parses a template. Throws `manifest_invalid` with its position for what is not a hole, `if`, `unless` or `each`. */
export function parseTemplate(source: string, dialect: Dialect): Template {
  const segments = scan(source, dialect);
  const places = new Map<string, number>();
  const nodes = segments.some(({ kind }) => kind === "tag")
    ? new Converter(source, segments, places).nodes(parseTags(source, segments), 0)
    : segments.map(textNode);
  return { nodes, names: [...places.keys()], places };
}

function textNode({ text, at }: Segment): TextNode {
  return { kind: "text", text, at };
}

/** Turns Handlebars' statements into nodes and gathers the placeholders; `level` counts the `each` around them. */
class Converter {
  readonly #source: string;
  readonly #segments: Segment[];
  readonly #places: Map<string, number>;

  constructor(source: string, segments: Segment[], places: Map<string, number>) {
    this.#source = source;
    this.#segments = segments;
    this.#places = places;
  }

  nodes(statements: Statement[], level: number): Node[] {
    return statements.flatMap((statement) => this.#node(statement, level));
  }

  #node(statement: Statement, level: number): Node[] {
    const { at, text } = this.#segments[statement.loc.start.line - 1] ?? { at: 0, text: "" };
    if (statement.type === "ContentStatement") return this.#texts(statement.value ?? "");
    if (statement.type === "MustacheStatement" && statement.params.length === 0 && !statement.hash) {
      return [{ kind: "hole", path: this.#path(statement.path, level, at), at }];
    }
    if (statement.type === "BlockStatement") return [this.#block(statement, level, at, text)];
    throw this.#mistake(
      at,
      `${text} is not supported: there are {{name}}, {{#if}}, {{#unless}} and {{#each}}, no helpers and no partials.`,
    );
  }

  /** The texts whose numbers stand in a content token. */
  #texts(content: string): Node[] {
    return Array.from(content.matchAll(/\d+/g), ([number]) => this.#segments[Number(number)])
      .filter((segment) => segment !== undefined)
      .map(textNode);
  }

  #block(statement: Statement, level: number, at: number, text: string): Node {
    const { path, params, program, inverse } = statement;
    const [subject, ...more] = params;
    if (!subject || more.length > 0 || statement.hash || program?.blockParams) {
      throw this.#mistake(at, `${text} needs one value and nothing else, as in {{#if name}}.`);
    }
    const target = this.#path(subject, level, at);
    const inner = path.original === "each" ? level + 1 : level;
    const main = this.nodes(program?.body ?? [], inner);
    const other = this.nodes(inverse?.body ?? [], level);
    if (path.original === "if") return { kind: "choice", test: target, body: main, otherwise: other, at };
    if (path.original === "unless") return { kind: "choice", test: target, body: other, otherwise: main, at };
    if (path.original === "each") return { kind: "each", list: target, body: main, otherwise: other, at };
    throw this.#mistake(at, `There is no block "${String(path.original)}": there are if, unless and each.`);
  }

  #path({ type, data, depth, parts, original }: PathExpression, level: number, at: number): Path {
    const written = String(original);
    if (type !== "PathExpression") throw this.#mistake(at, `"${written}" is not the name of a placeholder.`);
    if (depth > level) throw this.#mistake(at, `"${written}" leads out of the template: it stands in ${level} each.`);
    if (data) return this.#dataPath(written, depth, parts, level, at);
    const name = depth === level ? (parts[0] ?? null) : null;
    if (depth === level && name === null)
      throw this.#mistake(at, `"${written}" stands for a member of an each; name a placeholder here.`);
    if (name !== null) this.#found(name, at);
    return { written, up: depth, parts, loop: null, name };
  }

  #dataPath(written: string, depth: number, parts: string[], level: number, at: number): Path {
    const [first = "", ...rest] = parts;
    if (first === "root" && rest[0] !== undefined) {
      this.#found(rest[0], at);
      return { written, up: level, parts: rest, loop: null, name: rest[0] };
    }
    if (isLoopVariable(first) && rest.length === 0 && depth < level)
      return { written, up: depth, parts: [], loop: first, name: null };
    throw this.#mistake(
      at,
      `"${written}" means nothing here: an each has @index, @first and @last, and @root.name leads to a placeholder.`,
    );
  }

  #found(name: string, at: number): void {
    if (!this.#places.has(name)) this.#places.set(name, at);
  }

  #mistake(at: number, message: string): Error {
    return templateMistake(this.#source, at, message);
  }
}

function isLoopVariable(name: string): name is LoopVariable {
  return name === "index" || name === "first" || name === "last";
}
