/** A parsed template. Offsets (`at`) are UTF-16 units from the start of the source. */
export type Node = TextNode | Tag;
export type Tag = Hole | Choice | Each;

export interface TextNode {
  kind: "text";
  text: string;
  at: number;
}

/** `{{x}}` */
export interface Hole {
  kind: "hole";
  path: Path;
  at: number;
}

/** `{{#if x}}…{{else}}…{{/if}}`; `unless` is the same with its branches changed over. */
interface Choice {
  kind: "choice";
  test: Path;
  body: Node[];
  otherwise: Node[];
  at: number;
}

/** `{{#each xs}}…{{else}}…{{/each}}`; `otherwise` stands when there are none. */
interface Each {
  kind: "each";
  list: Path;
  body: Node[];
  otherwise: Node[];
  at: number;
}

/** Where a value is found. */
export interface Path {
  /** As written, for messages. */
  written: string;
  /** How many `each` to leave (`../x`). */
  up: number;
  parts: string[];
  /** `@index`, `@first` or `@last` of the `each` in place of a member. */
  loop: LoopVariable | null;
  /** The placeholder it begins with; null when it begins with a member of an `each`. */
  name: string | null;
}

export type LoopVariable = "index" | "first" | "last";
