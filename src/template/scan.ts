import { templateMistake } from "./mistake.ts";

/** A stretch of a template: literal text, or one `{{…}}` tag as it is written. `at` is its offset in the source. */
export interface Segment {
  kind: "text" | "tag";
  text: string;
  at: number;
}

/** What the text around the tags is: it decides who undoes a doubled backslash before a tag. */
export type Dialect = "text" | "json";

/** A comment, a triple tag `{{{x}}}`, or a tag. Only comments may hold braces, so in `{{n}}}` the third one is text. */
const TAG = /\{\{(?:~?!--[^]*?--~?|~?![^]*?|~?\{(?![#/^!~&>])[^{}]*\}~?|[^{}]*)\}\}/y;
const COMMENT = /^\{\{~?!/;

/**
 * Splits a template into text and tags; comments are dropped and `~` takes away the white space beside its tag.
 * `\{{` is a literal `{{`, and `\\{{` a backslash before a tag (in JSON both backslashes stay: there they are one character).
 * Throws `manifest_invalid` for a tag that is not closed.
 */
export function scan(source: string, dialect: Dialect): Segment[] {
  const segments: Segment[] = [];
  const addText = (from: number, to: number) => {
    if (from < to) segments.push({ kind: "text", text: source.slice(from, to), at: from });
  };
  let from = 0;
  for (let open = source.indexOf("{{"); open !== -1; ) {
    const backslashes = backslashesBefore(source, open);
    const tag = tagAt(source, open);
    let next = open + 2;
    if (backslashes % 2 === 1) {
      addText(from, open - 1);
      from = open;
    } else if (tag !== null) {
      addText(from, dialect === "text" && backslashes > 0 ? open - 1 : open);
      segments.push({ kind: "tag", text: tag, at: open });
      from = next = open + tag.length;
    } else if (source[next] === "{") {
      next = open + 1;
    } else {
      throw templateMistake(source, open, 'This "{{" is not closed by "}}"; write "\\{{" for a literal one.');
    }
    open = source.indexOf("{{", next);
  }
  addText(from, source.length);
  return trimmed(segments).filter(({ kind, text }) => text !== "" && !(kind === "tag" && COMMENT.test(text)));
}

function tagAt(source: string, open: number): string | null {
  TAG.lastIndex = open;
  return TAG.exec(source)?.[0] ?? null;
}

function backslashesBefore(source: string, offset: number): number {
  let count = 0;
  while (source[offset - 1 - count] === "\\") count++;
  return count;
}

/** Handlebars' white space control: `{{~x}}` takes what stands before the tag, `{{x~}}` what stands after. */
function trimmed(segments: Segment[]): Segment[] {
  return segments.map((segment, i) => {
    if (segment.kind === "tag") return segment;
    let { text, at } = segment;
    if (segments[i - 1]?.kind === "tag" && segments[i - 1]?.text.endsWith("~}}")) {
      const rest = text.trimStart();
      at += text.length - rest.length;
      text = rest;
    }
    if (segments[i + 1]?.kind === "tag" && segments[i + 1]?.text.startsWith("{{~")) text = text.trimEnd();
    return { kind: "text", text, at };
  });
}
