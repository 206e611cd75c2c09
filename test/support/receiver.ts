import { Webhook } from "standardwebhooks";
import { onTestFinished, vi } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { type Answer, type Seen, status, Upstream } from "./upstream.ts";

/** A webhook as it arrived. */
export interface Received {
  /** `webhook-id`. */
  id: string;
  /** `webhook-timestamp`, seconds since the epoch. */
  timestamp: number;
  /** `tidewire-attempt`. */
  attempt: number;
  headers: Record<string, string>;
  /** As sent. */
  text: string;
  body: JsonObject;
}

/** A subscriber on a real socket: it records what arrives and answers by script, well or badly. */
export class Receiver {
  readonly #server: Upstream;

  private constructor(server: Upstream) {
    this.#server = server;
  }

  /** Answers 204 unless told. */
  static async start(...answers: Answer[]): Promise<Receiver> {
    return new Receiver(await Upstream.start(...(answers.length > 0 ? answers : [status(204)])));
  }

  /** Replaces the answers to come: in turn, the last one for ever. */
  script(...answers: Answer[]): void {
    this.#server.script(...answers);
  }

  /** Where to send webhooks; `path` tells subscriptions apart. */
  url(path = "/hook"): string {
    return this.#server.url + path;
  }

  /** What has arrived, at one path or at all. */
  received(path?: string): Received[] {
    return this.#server.seen.filter((seen) => path === undefined || seen.url === path).map(toReceived);
  }

  /** Resolves when `count` requests have arrived. */
  arrived(count: number): Promise<void> {
    return this.#server.arrived(count);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

/** A receiver that is stopped when the test ends. */
export async function receiver(...answers: Answer[]): Promise<Receiver> {
  const started = await Receiver.start(...answers);
  onTestFinished(() => started.stop());
  return started;
}

/** A receiver that takes a turn for each webhook, and says how many it had at once at most. */
export async function busyReceiver(): Promise<Receiver & { most(): number }> {
  let open = 0;
  let most = 0;
  const started = await receiver(async (response) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    response.writeHead(204).end();
  });
  return Object.assign(started, { most: () => most });
}

/**
 * The body of a webhook as the official library gives it once the signature is verified at that moment (ms since the epoch).
 * Throws when it does not verify.
 */
export function verified(webhook: Pick<Received, "text" | "headers">, secret: string, now: number): unknown {
  vi.useFakeTimers({ toFake: ["Date"], now });
  try {
    return new Webhook(secret).verify(webhook.text, webhook.headers);
  } finally {
    vi.useRealTimers();
  }
}

function toReceived({ headers, body }: Seen): Received {
  const text = body.toString("utf8");
  return {
    id: headers["webhook-id"] ?? "",
    timestamp: Number(headers["webhook-timestamp"]),
    attempt: Number(headers["tidewire-attempt"]),
    headers,
    text,
    body: JSON.parse(text) as JsonObject,
  };
}
