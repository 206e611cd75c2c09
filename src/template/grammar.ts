import type { Json } from "../kernel/json.ts";
import { checkCommas } from "./commas.ts";
import { Cursor } from "./cursor.ts";
import { templateMistake } from "./mistake.ts";
import type { Node, Tag, TextNode } from "./node.ts";
import { parseTemplate, type Template } from "./parse.ts";
import type { Entry, Member, Tree } from "./tree.ts";

/**
 * Parses a JSON template: JSON in which a hole may stand for a value or within a string, a choice for a value, and a choice
 * or loop around array elements, around members or within a string. A block holds whole items: `{{#if a}}{"x":1{{/if}}` is refused.
 * Throws `manifest_invalid` with the position of what cannot yield JSON.
 */
export function parseTree(source: string): { tree: Tree } & Pick<Template, "names" | "places"> {
  const { nodes, names, places } = parseTemplate(source, "json");
  const tree = new Grammar(source).only(nodes, 0);
  if (tree === null) throw templateMistake(source, 0, "The template is empty; write a JSON value.");
  return { tree, names, places };
}

/** Text of a string up to its end, a tag, or a lone backslash. */
const STRING_TEXT = /(?:[^"\\]+|\\[^])+/y;
/** The part of it that is written as JSON wants it. */
const WELL_WRITTEN = /^(?:[^\\\p{Cc}]+|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/u;
const WORD = /[^\s,:[\]{}"]+/y;

class Grammar {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** The one value among nodes; null when there is none. */
  only(nodes: Node[], end: number): Tree | null {
    const cursor = new Cursor(nodes, end);
    cursor.skipSpace();
    if (cursor.peek() === undefined) return null;
    const tree = this.#value(cursor);
    cursor.skipSpace();
    if (cursor.peek() !== undefined) this.#refuse(cursor.at, "Only one value can stand here: take this away.");
    return tree;
  }

  #value(cursor: Cursor): Tree {
    const at = cursor.at;
    const next = cursor.peek();
    if (next === undefined) this.#refuse(at, "A value is missing here.");
    if (typeof next !== "string") return this.#tag(cursor, next);
    if (next === '"') return this.#string(cursor);
    if (next === "{") return { kind: "object", members: this.#list(cursor, "}", (inner) => this.#member(inner)) };
    if (next === "[") return { kind: "array", elements: this.#list(cursor, "]", (inner) => this.#value(inner)) };
    return { kind: "constant", value: this.#word(cursor.match(WORD), at) };
  }

  #tag(cursor: Cursor, tag: Tag): Tree {
    cursor.skipTag();
    if (tag.kind === "hole") return { kind: "hole", hole: tag, quoted: false };
    if (tag.kind === "each") this.#refuse(tag.at, "An each cannot stand for one value: write it between [ and ].");
    const [body, otherwise] = [this.only(tag.body, tag.at), this.only(tag.otherwise, tag.at)];
    return { kind: "choice", test: tag.test, body, otherwise };
  }

  /** `true`, `false`, `null` or a number. */
  #word(word: string | null, at: number): Json {
    try {
      return JSON.parse(word ?? "") as Json;
    } catch {
      return this.#refuse(at, "This is not JSON: a value is expected (text stands between quotes).");
    }
  }

  #member(cursor: Cursor): Member {
    const at = cursor.at;
    if (cursor.peek() !== '"') this.#refuse(at, 'A key between quotes is expected, as in "name": {{name}}.');
    const key = this.#string(cursor);
    if (key.kind !== "constant" || typeof key.value !== "string")
      this.#refuse(at, "A key cannot hold a placeholder: let an Object placeholder stand for the whole object.");
    cursor.skipSpace();
    if (cursor.match(/:/y) === null) this.#refuse(cursor.at, 'A ":" is missing after the key.');
    cursor.skipSpace();
    return { key: key.value, value: this.#value(cursor) };
  }

  /** What stands between brackets, its commas checked. */
  #list<T>(cursor: Cursor, close: "]" | "}", item: (cursor: Cursor) => T): Entry<T>[] {
    const open = cursor.at;
    cursor.match(/[[{]/y);
    const entries = this.#entries(cursor, close, item);
    const end = cursor.at;
    if (cursor.match(/[\]}]/y) === null)
      this.#refuse(open, `This is not closed: "${close}" is missing, or stands in another block.`);
    checkCommas(entries, end, (at, message) => this.#refuse(at, message));
    return entries;
  }

  /** Entries up to the closing bracket, or to the end of the block that holds them. */
  #entries<T>(cursor: Cursor, close: "]" | "}", item: (cursor: Cursor) => T): Entry<T>[] {
    const entries: Entry<T>[] = [];
    const within = (nodes: Node[], at: number) => {
      const inner = new Cursor(nodes, at);
      const found = this.#entries(inner, close, item);
      if (inner.peek() !== undefined)
        this.#refuse(inner.at, `"${close}" closes what was opened outside of this block.`);
      return found;
    };
    for (;;) {
      cursor.skipSpace();
      const at = cursor.at;
      const next = cursor.peek();
      if (next === undefined || next === close) return entries;
      if (next === ",") {
        cursor.match(/,/y);
        entries.push({ kind: "comma", at });
      } else if (typeof next === "string" || next.kind === "hole") {
        entries.push({ kind: "item", item: item(cursor), at });
      } else {
        cursor.skipTag();
        entries.push({ ...next, body: within(next.body, at), otherwise: within(next.otherwise, at) });
      }
    }
  }

  #string(cursor: Cursor): Tree {
    const open = cursor.at;
    cursor.match(/"/y);
    const parts = this.#parts(cursor);
    if (cursor.match(/"/y) === null)
      this.#refuse(open, "This string does not end where it began: close it in the same block.");
    const [first, ...others] = parts;
    if (parts.every((part) => part.kind === "text"))
      return { kind: "constant", value: parts.map(({ text }) => text).join("") };
    if (first?.kind === "hole" && others.length === 0) return { kind: "hole", hole: first, quoted: true };
    return { kind: "string", parts };
  }

  #parts(cursor: Cursor): Node[] {
    const parts: Node[] = [];
    for (;;) {
      const at = cursor.at;
      const next = cursor.peek();
      const text = cursor.match(STRING_TEXT);
      if (text !== null) parts.push(this.#unescape(text, at));
      else if (next === undefined || typeof next === "string") return parts;
      else {
        cursor.skipTag();
        parts.push(this.#part(next));
      }
    }
  }

  #part(tag: Tag): Node {
    if (tag.kind === "hole") return tag;
    return { ...tag, body: this.#within(tag.body, tag.at), otherwise: this.#within(tag.otherwise, tag.at) };
  }

  /** The parts of a string that a block holds. */
  #within(nodes: Node[], at: number): Node[] {
    const cursor = new Cursor(nodes, at);
    const parts = this.#parts(cursor);
    if (cursor.peek() !== undefined)
      this.#refuse(cursor.at, "A string that begins before a block cannot end inside it.");
    return parts;
  }

  #unescape(text: string, at: number): TextNode {
    const good = WELL_WRITTEN.exec(text)?.[0].length ?? 0;
    if (good < text.length)
      this.#refuse(at + good, "A JSON string cannot hold this: escape it (\\n for a line end, \\\\ for a backslash).");
    return { kind: "text", text: JSON.parse(`"${text}"`) as string, at };
  }

  #refuse(at: number, message: string): never {
    throw templateMistake(this.#source, at, message);
  }
}
