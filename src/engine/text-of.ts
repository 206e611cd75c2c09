/** A value where only text can stand (a query, a header, a part of a form): a text as it is, all else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
