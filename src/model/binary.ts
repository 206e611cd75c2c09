/** A file given as input: it can be opened again for a retry. */
export interface BinaryInput {
  filename: string;
  contentType: string;
  /** Bytes. */
  size: number;
  open(): AsyncIterable<Uint8Array>;
}

export function isBinaryInput(value: unknown): value is BinaryInput {
  return typeof value === "object" && value !== null && typeof (value as BinaryInput).open === "function";
}
