import type { Dispatcher } from "undici";
import type { Cancellation } from "../kernel/canceller.ts";
import { abortFailure, exchangeFailure } from "./failure.ts";
import type { Flow } from "./gated-client.ts";
import { HttpFailure, type HttpResponse } from "./port.ts";
import { ReceivedBody } from "./received-body.ts";
import { SourceFailure } from "./sent-body.ts";

/** Nobody needs more 1xx answers; each costs as much as a whole one, and a flood of them keeps the process from all else. */
const MOST_EARLY = 100;

type RawHeaders = Record<string, string | string[] | undefined>;

/**
 * One request and its answer, from undici's events to the port. It listens to the signal until the last byte of the answer.
 * It knows exactly whether the request was written: undici tells the moment before.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Resolves with the headers; rejects with an HttpFailure, or with what the request's own body threw. */
  readonly response: Promise<HttpResponse>;
  readonly #signal: Cancellation;
  #answer: (response: HttpResponse) => void = () => {};
  #refuse: (error: unknown) => void = () => {};
  #flow: Flow | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #body: ReceivedBody | null = null;
  #over = false;
  #early = 0;

  constructor(signal: Cancellation) {
    this.#signal = signal;
    this.response = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  readonly onFlow = (flow: Flow): void => {
    this.#flow = flow;
  };

  /** The connection is there and the request is written next. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) controller.abort(abortFailure(this.#signal.reason, false));
    else this.#controller = controller;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (this.#flow === null) return;
    if (status < 200) return this.#countEarly(controller);
    this.#body = new ReceivedBody(this.#flow, (reason) => controller.abort(reason));
    this.#answer({ status, headers: joinRepeated(headers), body: this.#body });
  }

  #countEarly(controller: Dispatcher.DispatchController): void {
    this.#early += 1;
    if (this.#early <= MOST_EARLY) return;
    const words = `The other side sent more than ${MOST_EARLY} early answers (1xx) and none that counts.`;
    controller.abort(new HttpFailure("protocol", words, true));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#finish();
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#over) return;
    this.#fail(error instanceof SourceFailure ? error.cause : exchangeFailure(error, this.#controller !== null));
  }

  #fail(error: unknown): void {
    this.#finish();
    if (this.#body === null) this.#refuse(error);
    else this.#body.end(error);
  }

  readonly #onAbort = (): void => {
    const failure = abortFailure(this.#signal.reason, this.#controller !== null);
    // undici lets go of the connection and comes back by onResponseError.
    this.#controller?.abort(failure);
    // While it waits for a connection undici cannot be told; the caller need not wait with it.
    if (!this.#over) this.#fail(failure);
  };

  #finish(): void {
    this.#over = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

/** Joins in place: undici made the record for us alone. */
function joinRepeated(headers: RawHeaders): Record<string, string> {
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) headers[name] = value.join(", ");
  }
  return headers as Record<string, string>;
}
