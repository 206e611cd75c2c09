import { readFileSync } from "node:fs";
import type { Node, ParseError } from "jsonc-parser";
import { type Mistake, messageOf } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import { jsoncParser } from "../kernel/when-needed.ts";
import type { Path } from "./source.ts";

/** A JSON file with the places of its parts. */
export interface Document {
  file: string;
  value: Json;
  /** `file:line:column` (from 1) of the member or element at a path; of what stands around it where there is none. */
  at: (path: Path) => string;
}

/** Reads a file of strict JSON. What is wrong with it is added to `mistakes`, and null given. */
export function readDocument(file: string, mistakes: Mistake[]): Document | null {
  try {
    return parseDocument(file, readFileSync(file, "utf8").replace(/^\uFEFF/, ""), mistakes);
  } catch (thrown) {
    mistakes.push({ at: file, code: "unreadable", message: `The file cannot be read: ${messageOf(thrown)}` });
    return null;
  }
}

function parseDocument(file: string, text: string, mistakes: Mistake[]): Document | null {
  const place = (offset: number): string => `${file}:${lineAndColumn(text, offset)}`;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (thrown) {
    mistakes.push(...syntaxMistakes(text, messageOf(thrown), place));
    return null;
  }
  // Places are asked for when something is amiss, so a good document is not parsed for them.
  let tree: Node | undefined;
  const root = (): Node => {
    tree ??= jsoncParser().parseTree(text) as Node;
    return tree;
  };
  if (writtenKeys(text) !== keptKeys(value)) mistakes.push(...duplicateKeys(root(), place));
  return { file, value, at: (path) => place(offsetOf(root(), path)) };
}

/** Where it stops being JSON: only the first such place, for what a parser says after it has lost its way is guesswork. */
function syntaxMistakes(text: string, complaint: string, place: (offset: number) => string): Mistake[] {
  const { parseTree, printParseErrorCode } = jsoncParser();
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [first] = errors;
  if (first !== undefined) {
    const message = `This is not JSON: ${words(printParseErrorCode(first.error))}. Comments and trailing commas are not allowed.`;
    return [{ at: place(first.offset), code: "json_syntax", message }];
  }
  const message = root === undefined ? "The file is empty; it must hold JSON." : `This is not JSON: ${complaint}`;
  return [{ at: place(0), code: "json_syntax", message }];
}

const TEXT_OR_KEY = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** How many keys stand in a JSON text. */
function writtenKeys(text: string): number {
  let keys = 0;
  for (const [, colon] of text.matchAll(TEXT_OR_KEY)) if (colon !== undefined) keys++;
  return keys;
}

/** How many of them its value has: fewer when one stands twice in an object. */
function keptKeys(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  const members = Object.values(value);
  return members.reduce<number>((sum, member) => sum + keptKeys(member), Array.isArray(value) ? 0 : members.length);
}

/** A key that stands twice in one object: JSON keeps only the last, silently. */
function duplicateKeys(node: Node, place: (offset: number) => string): Mistake[] {
  const nested = (node.children ?? []).flatMap((child) => duplicateKeys(child, place));
  if (node.type !== "object") return nested;
  const seen = new Set<unknown>();
  const own = (node.children ?? []).flatMap((property) => {
    const key: unknown = property.children?.[0]?.value;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      {
        at: place(property.offset),
        code: "duplicate_key",
        message: `The key "${String(key)}" stands twice here; keep one.`,
      },
    ];
  });
  return [...own, ...nested];
}

function offsetOf(root: Node, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = jsoncParser().findNodeAtLocation(root, path.slice(0, length) as (string | number)[]);
    if (node) return node.parent?.type === "property" ? node.parent.offset : node.offset;
  }
  return root.offset;
}

function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/** "PropertyNameExpected" → "property name expected". */
function words(code: string): string {
  return code.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}
