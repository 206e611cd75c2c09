import { invalidInput } from "../kernel/errors.ts";
import { compileInterpolation, compileScalar, type Interpolate } from "./interpolate.ts";
import type { Hole } from "./node.ts";
import { parseTemplate } from "./parse.ts";
import { rootScope } from "./scope.ts";

/** A compiled template for a URL, a path, a header or a query value. */
export interface TextTemplate {
  /** The placeholders it uses, each once. */
  names: string[];
  /**
   * Fills the holes: what is missing or null is "". Throws `invalid_input` for an array or object and, in a path template,
   * for a value that would change the path.
   */
  render(values: Record<string, unknown>): string;
}

/**
 * Compiles a text template; there is no HTML escaping. With `encode` (as a rule encodeURIComponent) it is a template of a path:
 * every value put in is encoded, and none may be empty or make a segment `.` or `..`.
 * Throws `manifest_invalid`, with `line:column` in `errors`, for what does not parse and for helpers, partials and decorators.
 */
export function compileText(source: string, options: { encode?: (value: string) => string } = {}): TextTemplate {
  const { nodes, names } = parseTemplate(source, "text");
  const { encode } = options;
  const write = compileInterpolation(nodes, encode ? (hole) => compileEncoded(hole, encode) : compileShown);
  const render = (values: Record<string, unknown>) => write(rootScope(values)) ?? "";
  return { names, render: encode ? (values) => withoutDotSegments(render(values), names) : render };
}

/** The placeholder's name when the whole template is one hole (`{{limit}}`), so that its value may keep its type; else null. */
export function isWhole(source: string): string | null {
  const [node, ...others] = parseTemplate(source, "text").nodes;
  if (node?.kind !== "hole" || others.length > 0 || node.path.parts.length !== 1) return null;
  return node.path.name;
}

function compileShown(hole: Hole): Interpolate {
  const show = compileScalar(hole);
  return (scope) => show(scope) ?? "";
}

function compileEncoded(hole: Hole, encode: (value: string) => string): Interpolate {
  const show = compileScalar(hole);
  return (scope) => {
    const text = show(scope) ?? "";
    if (text === "" || text === "." || text === "..") throw badSegment(hole.path.written, `may not be "${text}"`);
    if (!text.isWellFormed()) throw badSegment(hole.path.written, "is not valid Unicode");
    return encode(text);
  };
}

/** URL parsers take a segment of one or two dots, plain or as %2e, for a step along the path. */
const DOT_SEGMENT = /(?:^|[/\\])(?:\.|%2e){1,2}(?=$|[/\\?#])/i;

function withoutDotSegments(path: string, names: string[]): string {
  if (DOT_SEGMENT.test(path)) throw badSegment(names.join(", "), 'makes a segment "." or ".."');
  return path;
}

function badSegment(at: string, problem: string): Error {
  return invalidInput([{ at, message: `${problem}: it is part of a path`, code: "invalid_path" }]);
}
