import { createRequire } from "node:module";
import { messageOf } from "../kernel/errors.ts";
import { templateMistake } from "./mistake.ts";
import type { Segment } from "./scan.ts";

/** The part of Handlebars' syntax tree that is read here. */
interface Program {
  body: Statement[];
  blockParams?: string[];
}
export interface Statement {
  type: string;
  loc: { start: { line: number } };
  value?: string;
  path: PathExpression;
  params: PathExpression[];
  hash?: unknown;
  program?: Program;
  inverse?: Program;
}
export interface PathExpression {
  type: string;
  data: boolean;
  depth: number;
  parts: string[];
  original: unknown;
}
type HandlebarsParser = { parseWithoutProcessing(input: string): Program };

// Only the parser is loaded (5 ms and 6 MB; all of Handlebars takes 16 ms and 9 MB), and only once there is a tag to parse.
const require = createRequire(import.meta.url);
let parser: HandlebarsParser | undefined;

/**
 * Lets Handlebars parse the tags. Text is stood for by the number of its segment and each segment has a line of its own:
 * so nothing in the text can be misread as syntax, and a line of the tree is a position in the source.
 */
export function parseTags(source: string, segments: Segment[]): Statement[] {
  parser ??= require("handlebars/dist/cjs/handlebars/compiler/base.js") as HandlebarsParser;
  const lines = segments.map(({ kind, text }, i) => (kind === "text" ? String(i) : text.replace(/[\r\n]/g, " ")));
  try {
    return parser.parseWithoutProcessing(lines.join("\n")).body;
  } catch (thrown) {
    throw unreadable(source, segments, messageOf(thrown));
  }
}

function unreadable(source: string, segments: Segment[], complaint: string): Error {
  const open = complaint.includes("got 'EOF'") ? unclosedBlock(segments) : undefined;
  if (open)
    return templateMistake(source, open.at, `The block ${open.text} is not closed: write ${closingOf(open.text)}.`);
  const line = Number(/line (\d+)|- (\d+):\d+$/.exec(complaint)?.slice(1).find(Boolean) ?? 1);
  const { text, at } = segments[line - 1] ?? { text: "", at: 0 };
  const crossed = /^(\S+) doesn't match (\S+)/.exec(complaint);
  if (crossed)
    return templateMistake(
      source,
      at,
      `The block "${crossed[1]}" is closed by "${crossed[2]}": close each block before the one around it.`,
    );
  return templateMistake(
    source,
    at,
    `${text} cannot be read here; a placeholder is written {{name}}, a block {{#if name}}…{{/if}}.`,
  );
}

function unclosedBlock(segments: Segment[]): Segment | undefined {
  const open: Segment[] = [];
  for (const segment of segments) {
    if (/^\{\{~?#/.test(segment.text)) open.push(segment);
    else if (/^\{\{~?\//.test(segment.text)) open.pop();
  }
  return open.at(-1);
}

function closingOf(tag: string): string {
  return `{{/${/[a-z]+/i.exec(tag)?.[0] ?? ""}}}`;
}
