import { getCompileCacheDir } from "node:module";
import { dirname, extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Line } from "./lines.ts";
import { type Answer, type Order, orderOf, writtenOf } from "./order.ts";
import type { Written } from "./writer.ts";

/** The same from `src` and, in the published package, from `dist`. */
const THREAD = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url);
/**
 * Takes compiled code from where this process keeps it, if it does (bin/tidewire.js): from a clone, Node would else load its
 * TypeScript compiler into the thread, and that takes 19 MB, more than the thread itself.
 */
function entry(): string {
  const kept = getCompileCacheDir();
  const enable =
    kept === undefined ? "" : `require("node:module").enableCompileCache(${JSON.stringify(dirname(kept))});`;
  return `${enable} import(${JSON.stringify(THREAD.href)});`;
}
/** What it makes lives as long as one group is written. */
const LIMITS = { maxYoungGenerationSizeMb: 2 };

type Waiter = { resolve: (answer: Answer) => void; reject: (error: unknown) => void };

/** A writer on a thread of its own, with a connection of its own to the same file: commits then hold up nobody here. */
export class RemoteWriter {
  readonly #thread: Worker;
  #waiter: Waiter | null = null;
  #isDead = false;

  private constructor(thread: Worker) {
    this.#thread = thread;
    thread.on("message", (answer: Answer) => this.#settle()?.resolve(answer));
    thread.on("error", (error) => this.#die(error));
    thread.on("exit", () => this.#die(new Error("the thread that writes has ended")));
    thread.unref(); // alone it does not keep the process alive, only while it writes
  }

  /** Resolves when the thread is there. */
  static start(path: string): Promise<RemoteWriter> {
    const thread = new Worker(entry(), { eval: true, workerData: path, resourceLimits: LIMITS });
    return new Promise((resolve, reject) => {
      thread.once("error", reject);
      thread.once("message", () => {
        thread.off("error", reject);
        resolve(new RemoteWriter(thread));
      });
    });
  }

  /**
   * As `Writer.write`, one group at a time. Rejects as that throws, and when the thread dies: what was under way may be
   * written then. Null when nothing was sent: the thread is dead, or a parameter is of a kind that cannot be handed over.
   */
  write(group: readonly (readonly Line[])[]): Promise<Written[]> | null {
    if (this.#isDead || !this.#post(orderOf(group))) return null;
    this.#thread.ref();
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    return answer.then((written) => writtenOf(written, group));
  }

  /** True when nothing is under way. */
  get isIdle(): boolean {
    return this.#waiter === null;
  }

  /** Closes the connection and ends the thread. */
  async close(): Promise<void> {
    if (this.#isDead) return;
    this.#thread.ref();
    const ended = new Promise<void>((resolve) => this.#thread.once("exit", () => resolve()));
    this.#post(null);
    await ended;
  }

  #post(order: Order | null): boolean {
    try {
      this.#thread.postMessage(order);
      return true;
    } catch (error) {
      if (error instanceof DOMException) return false; // DataCloneError
      throw error;
    }
  }

  #die(error: Error): void {
    this.#isDead = true;
    this.#settle()?.reject(error);
  }

  #settle(): Waiter | null {
    const waiter = this.#waiter;
    this.#waiter = null;
    this.#thread.unref();
    return waiter;
  }
}
