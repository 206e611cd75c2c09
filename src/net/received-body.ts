import { freeBytes } from "../kernel/free-bytes.ts";
import type { Flow } from "./gated-client.ts";
import { type HttpBody, HttpFailure } from "./port.ts";

/** How much may wait to be read before the connection is held back, in bytes. */
const HIGH_WATER = 256 * 1024;
const NOTHING = new Uint8Array();

/**
 * The body of an answer as it comes in. A small one is often complete before anybody asks, so that reading it costs no
 * stream; a large one holds its connection back until it is read.
 */
export class ReceivedBody implements HttpBody {
  readonly #flow: Flow;
  readonly #abort: (reason: HttpFailure) => void;
  #chunks: Buffer[] = [];
  #waitingBytes = 0;
  #ended = false;
  #failure: unknown = null;
  #taken = false;
  #wake: (() => void) | null = null;

  /** `abort` lets go of the connection and comes back by `end`. */
  constructor(flow: Flow, abort: (reason: HttpFailure) => void) {
    this.#flow = flow;
    this.#abort = abort;
  }

  /** Takes what arrived. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= HIGH_WATER) this.#flow.hold();
    this.#wake?.();
  }

  /** Nothing more comes: all is there, or `failure` is what broke it off. */
  end(failure: unknown = null): void {
    this.#ended = true;
    this.#failure = failure;
    this.#flow.release();
    this.#wake?.();
  }

  text(maxBytes: number): Promise<string> {
    const piece = this.#onePiece(maxBytes);
    return piece === null ? this.#whole(maxBytes).then(textOf) : Promise.resolve(textOf(piece));
  }

  bytes(maxBytes: number): Promise<Uint8Array> {
    const piece = this.#onePiece(maxBytes);
    return piece === null ? this.#whole(maxBytes) : Promise.resolve(piece);
  }

  start(maxBytes: number): Promise<Uint8Array> {
    const isEmpty = this.#ended && this.#chunks.length === 0;
    if (isEmpty) this.#take();
    return isEmpty ? Promise.resolve(NOTHING) : this.#start(maxBytes);
  }

  discard(): void {
    this.#taken = true;
    if (!this.#ended) this.#abort(new HttpFailure("aborted", "The answer was thrown away unread.", true));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.#take();
    try {
      for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) yield chunk;
    } finally {
      this.discard();
    }
  }

  /** All of it when it came in one piece and is there, as that of a small answer mostly is; else null. */
  #onePiece(maxBytes: number): Buffer | null {
    const [piece, another] = this.#chunks;
    const isAll = this.#ended && this.#failure === null && piece !== undefined && another === undefined;
    if (!isAll || piece.length > maxBytes) return null;
    this.#take();
    return this.#chunks.pop() ?? null;
  }

  async #start(maxBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of this) {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= maxBytes) break;
      }
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
    }
    return Buffer.concat(chunks).subarray(0, maxBytes);
  }

  async #whole(maxBytes: number): Promise<Buffer> {
    this.#take();
    const chunks: Buffer[] = [];
    let size = 0;
    for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) {
      size += chunk.length;
      if (size > maxBytes) {
        this.discard();
        throw new HttpFailure("too_large", `The answer is larger than ${maxBytes} bytes.`, true);
      }
      chunks.push(chunk);
    }
    if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0];
    const whole = Buffer.concat(chunks, size);
    for (const chunk of chunks) freeBytes(chunk);
    return whole;
  }

  #take(): void {
    if (this.#taken) throw new Error("The body of an answer can be read only once.");
    this.#taken = true;
  }

  /** The next chunk, at once when there is one; null at the end. Throws what broke the answer off. */
  #next(): Buffer | null | Promise<Buffer | null> {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return this.#ended ? this.#finish() : this.#arrival();
    this.#waitingBytes -= chunk.length;
    if (!this.#ended && this.#waitingBytes < HIGH_WATER) this.#flow.release();
    return chunk;
  }

  async #arrival(): Promise<Buffer | null> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
    return this.#next();
  }

  #finish(): null {
    if (this.#failure !== null) throw this.#failure;
    return null;
  }
}

/** UTF-8 as text, without the mark that may begin it. The bytes are given back: nobody reads them again. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  freeBytes(bytes);
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}
