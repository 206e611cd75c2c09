import { isoTime } from "../kernel/clock.ts";
import { rateLimited } from "./fault-answer.ts";
import type { WorldClock } from "./world-clock.ts";

const WINDOW_MS = 60_000;
/** What the headers promise when nothing is enforced. */
const SHOWN_REQUESTS = 4_000;
const SHOWN_INPUT_TOKENS = 2_000_000;
const SHOWN_OUTPUT_TOKENS = 400_000;

/** The messages rate limit: counted per minute of the sandbox's clock, enforced only when a limit was set. */
export class RateLimits {
  readonly #clock: WorldClock;
  readonly #requestsPerMinute: number | undefined;
  #window = -1;
  #reset = "";
  #requests = 0;
  #inputTokens = 0;
  #outputTokens = 0;

  constructor(clock: WorldClock, requestsPerMinute: number | undefined) {
    this.#clock = clock;
    this.#requestsPerMinute = requestsPerMinute;
  }

  /** Counts one request. Throws 429 with `retry-after` when a set limit is used up. */
  admit(): void {
    this.#turn();
    if (this.#requestsPerMinute !== undefined && this.#requests >= this.#requestsPerMinute) {
      throw rateLimited(Math.ceil(((this.#window + 1) * WINDOW_MS - this.#clock.now()) / 1_000));
    }
    this.#requests++;
  }

  /** Counts what a message took and tells what is left (facts, section 4; token counts in thousands). */
  spend(inputTokens: number, outputTokens: number): Record<string, string> {
    this.#turn();
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    const input = thousands(SHOWN_INPUT_TOKENS - this.#inputTokens);
    const output = thousands(SHOWN_OUTPUT_TOKENS - this.#outputTokens);
    const requests = this.#requestsPerMinute ?? SHOWN_REQUESTS;
    return {
      ...this.#headers("requests", requests, Math.max(requests - this.#requests, 0)),
      ...this.#headers("input-tokens", SHOWN_INPUT_TOKENS, input),
      ...this.#headers("output-tokens", SHOWN_OUTPUT_TOKENS, output),
      ...this.#headers("tokens", SHOWN_INPUT_TOKENS + SHOWN_OUTPUT_TOKENS, input + output),
    };
  }

  #headers(kind: string, limit: number, remaining: number): Record<string, string> {
    const name = `anthropic-ratelimit-${kind}`;
    return {
      [`${name}-limit`]: String(limit),
      [`${name}-remaining`]: String(remaining),
      [`${name}-reset`]: this.#reset,
    };
  }

  #turn(): void {
    const window = Math.floor(this.#clock.now() / WINDOW_MS);
    if (window === this.#window) return;
    this.#window = window;
    this.#reset = isoTime((window + 1) * WINDOW_MS).replace(".000Z", "Z");
    this.#requests = 0;
    this.#inputTokens = 0;
    this.#outputTokens = 0;
  }
}

function thousands(tokens: number): number {
  return Math.max(Math.floor(tokens / 1_000) * 1_000, 0);
}
