import { createHash } from "node:crypto";

const MB = 1024 * 1024;
export const FILE_BYTES = 100 * MB;
const PIECE_BYTES = MB / 4;

/** A large file in pieces that all differ, so that its hash tells when one is missing, comes twice or is out of place. */
export function* pieces(): Generator<Buffer> {
  for (let n = 0; n < FILE_BYTES / PIECE_BYTES; n++) {
    const piece = Buffer.alloc(PIECE_BYTES, "tide");
    piece.writeUInt32BE(n);
    yield piece;
  }
}

/** What came of the file. */
export interface Came {
  bytes: number;
  sha256: string;
}

/** Reads it; `onPiece` is called with every piece. */
export async function take(source: AsyncIterable<Buffer>, onPiece: () => void = () => {}): Promise<Came> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of source) {
    hash.update(piece);
    bytes += piece.length;
    onPiece();
  }
  return { bytes, sha256: hash.digest("hex") };
}
