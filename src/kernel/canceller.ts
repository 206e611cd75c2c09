/** What tells that something is to be broken off. Every AbortSignal does; a `Canceller` costs a tenth of one. */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why; undefined before. */
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Breaks something off, once: what each call and each delivery needs, and mostly never uses. Listeners are called in their order. */
export class Canceller implements Cancellation {
  aborted = false;
  reason: unknown = undefined;
  #listeners: (() => void)[] = [];

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  /** A second time changes nothing. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (let next = this.#listeners.shift(); next; next = this.#listeners.shift()) next();
  }
}
