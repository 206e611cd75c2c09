import { invalidRequest } from "./api-error.ts";

const FENCE = /^---[ \t]*$/;
const MEMBER = /^([A-Za-z][\w-]*):(?:[ \t]+(.*?))?[ \t]*$/;
const BLOCK = /^[>|][+-]?$/;

/**
 * The top-level texts of a SKILL.md's YAML frontmatter: plain, quoted and block scalars (`>` and `|`).
 * Lists and maps below a member are passed over. Throws 400 where it cannot be read.
 */
export function readFrontmatter(markdown: string): Map<string, string> {
  const lines = markdown.replace(/^\uFEFF/, "").split(/\r?\n/);
  const end = lines.findIndex((line, i) => i > 0 && FENCE.test(line));
  if (!FENCE.test(lines[0] ?? "") || end < 0) {
    throw invalidRequest("SKILL.md must start with YAML frontmatter (---).");
  }
  const members = new Map<string, string>();
  const block = lines.slice(1, end);
  for (let i = 0; i < block.length; ) {
    const line = block[i] ?? "";
    const below = indented(block, i + 1);
    if (line.trim() !== "" && !line.startsWith("#")) addMember(line, below, members);
    i += 1 + below.length;
  }
  return members;
}

function addMember(line: string, below: string[], members: Map<string, string>): void {
  const [, name, value = ""] = MEMBER.exec(line) ?? [];
  if (name === undefined) throw invalidRequest(`SKILL.md frontmatter is not valid YAML: ${line.trim()}`);
  if (members.has(name)) throw invalidRequest(`SKILL.md frontmatter names "${name}" twice.`);
  if (BLOCK.test(value))
    members.set(
      name,
      below
        .map((text) => text.trim())
        .join(value.startsWith(">") ? " " : "\n")
        .trim(),
    );
  else if (value !== "")
    members.set(name, [unquote(value, name), ...below.map((text) => text.trim())].join(" ").trim());
}

/** The lines from `start` on that belong to the member above: indented ones, list items, and blank ones between. */
function indented(lines: string[], start: number): string[] {
  const length = lines.slice(start).findIndex((line) => !/^(\s|-\s|$)/.test(line));
  return length < 0 ? lines.slice(start) : lines.slice(start, start + length);
}

function unquote(value: string, name: string): string {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value.replace(/\s+#.*$/, "");
  if (value.length < 2 || !value.endsWith(quote)) {
    throw invalidRequest(`SKILL.md frontmatter: the quote of "${name}" is not closed.`);
  }
  const inner = value.slice(1, -1);
  if (quote === "'") return inner.replaceAll("''", "'");
  try {
    return String(JSON.parse(value));
  } catch {
    throw invalidRequest(`SKILL.md frontmatter: "${name}" is not a valid quoted text.`);
  }
}
