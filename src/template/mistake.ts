import { TidewireError } from "../kernel/errors.ts";

/** `line:column` of an offset in UTF-16 units, both from 1. */
function positionOf(source: string, offset: number): string {
  const lines = source.slice(0, offset).split(/\r\n?|\n/);
  return `${lines.length}:${(lines.at(-1) ?? "").length + 1}`;
}

/** `manifest_invalid` for a template: `errors[0].at` is its `line:column`, the message says how to mend it. */
export function templateMistake(source: string, offset: number, message: string): TidewireError {
  const at = positionOf(source, offset);
  return new TidewireError("manifest_invalid", `Template, ${at}: ${message}`, {
    errors: [{ at, message, code: "template_invalid" }],
  });
}
