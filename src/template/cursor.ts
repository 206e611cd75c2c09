import type { Node, Tag } from "./node.ts";

/** Reads nodes as one stream of characters in which a tag stands as one unit. */
export class Cursor {
  readonly #nodes: Node[];
  /** The position to report when there is nothing (more) to read. */
  readonly #end: number;
  #index = 0;
  #offset = 0;

  constructor(nodes: Node[], end: number) {
    this.#nodes = nodes;
    this.#end = end;
  }

  /** Offset in the template's source. */
  get at(): number {
    const node = this.#nodes[this.#index];
    if (node) return node.at + this.#offset;
    const last = this.#nodes.at(-1);
    return last?.kind === "text" ? last.at + last.text.length : this.#end;
  }

  /** The next character or tag; undefined at the end. */
  peek(): string | Tag | undefined {
    const node = this.#nodes[this.#index];
    return node?.kind === "text" ? node.text[this.#offset] : node;
  }

  /** Takes what a sticky pattern matches in the text before the next tag; null when it does not match. */
  match(pattern: RegExp): string | null {
    const node = this.#nodes[this.#index];
    if (node?.kind !== "text") return null;
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(node.text)?.[0] ?? null;
    this.#offset += found?.length ?? 0;
    if (this.#offset === node.text.length) this.skipTag();
    return found;
  }

  /** Goes on to the next node. */
  skipTag(): void {
    this.#index++;
    this.#offset = 0;
  }

  /** Passes JSON's white space. */
  skipSpace(): void {
    while (this.match(/[ \t\r\n]+/y) !== null);
  }
}
