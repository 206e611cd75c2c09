import { isObject, type Json, textOf } from "../../kernel/json.ts";
import { printable } from "./terminal.ts";

/** One thing for people: a line for each member, one more for each object within it. */
export function printRecord(record: Json): string {
  if (!isObject(record)) return printable(textOf(record));
  const names = Object.keys(record);
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => `${name.padEnd(width)}  ${shown(record[name] as Json)}`.trimEnd()).join("\n");
}

function shown(value: Json): string {
  if (value === null) return "";
  if (!Array.isArray(value)) return printable(textOf(value));
  return value.some(isObject)
    ? value.map((member) => `\n  ${printable(textOf(member))}`).join("")
    : printable(value.map(textOf).join(", "));
}
