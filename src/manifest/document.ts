import { readFileSync } from "node:fs";
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type Mistake, messageOf } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
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
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const place = (offset: number): string => `${file}:${lineAndColumn(text, offset)}`;
  if (root === undefined || errors.length > 0) {
    mistakes.push(...syntaxMistakes(errors, place));
    return null;
  }
  const value = strictValue(text, mistakes, place);
  if (value === undefined) return null;
  mistakes.push(...duplicateKeys(root, place));
  return { file, value, at: (path) => place(offsetOf(root, path)) };
}

/** Only the first: what a parser says after it has lost its way is guesswork. */
function syntaxMistakes([first]: ParseError[], place: (offset: number) => string): Mistake[] {
  if (first === undefined)
    return [{ at: place(0), code: "json_syntax", message: "The file is empty; it must hold JSON." }];
  const message = `This is not JSON: ${words(printParseErrorCode(first.error))}. Comments and trailing commas are not allowed.`;
  return [{ at: place(first.offset), code: "json_syntax", message }];
}

/** The lenient parser gives the places, the engine's own has the last word on what JSON is. */
function strictValue(text: string, mistakes: Mistake[], place: (offset: number) => string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (thrown) {
    mistakes.push({ at: place(0), code: "json_syntax", message: `This is not JSON: ${messageOf(thrown)}` });
    return undefined;
  }
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
    const node = findNodeAtLocation(root, path.slice(0, length) as (string | number)[]);
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
