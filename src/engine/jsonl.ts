import { TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";

/** The longest line that is taken, in characters (a batch result holds a whole message). */
const MAX_LINE = 32 * 1024 * 1024;

/**
 * The values of a JSON Lines stream, one a line, as they arrive. Blank lines are passed over; the last line needs no end.
 * Throws `upstream_invalid` with the line's number for what is not JSON or longer than `maxLine` characters.
 */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>, maxLine = MAX_LINE): AsyncGenerator<Json> {
  let number = 0;
  for await (const line of readLines(chunks, maxLine)) {
    number += 1;
    if (line.trim() !== "") yield parseLine(line, number);
  }
}

/** Lines of UTF-8 text without their ends; a chunk may end anywhere, also within a character. */
async function* readLines(chunks: AsyncIterable<Uint8Array>, maxLine: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let open: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    for (const part of parts.splice(0, parts.length - 1)) {
      yield open.length === 0 ? part : open.join("") + part;
      open = [];
      length = 0;
    }
    const rest = parts[0] ?? "";
    open.push(rest);
    length += rest.length;
    if (length > maxLine)
      throw new TidewireError("upstream_invalid", `The provider sent a line of more than ${maxLine} characters.`);
  }
  const last = open.join("") + decoder.decode();
  if (last !== "") yield last;
}

function parseLine(line: string, number: number): Json {
  try {
    return JSON.parse(line) as Json;
  } catch (cause) {
    throw new TidewireError("upstream_invalid", `Line ${number} of the provider's answer is not JSON.`, { cause });
  }
}
