import { invalidInput } from "../kernel/errors.ts";
import type { BinaryInput } from "../model/binary.ts";

/** A file's bytes; fails rather than send more or fewer than its size, on which `content-length` relies. */
export async function* exactly(file: BinaryInput, name: string): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of file.open()) {
    sent += chunk.byteLength;
    if (sent > file.size) break;
    yield chunk;
  }
  if (sent !== file.size)
    throw invalidInput([{ at: name, message: `the file is not the ${file.size} bytes it was said to be` }]);
}
