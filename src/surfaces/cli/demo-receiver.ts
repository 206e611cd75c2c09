import { Hono } from "hono";
import { Webhook } from "standardwebhooks";
import { systemClock } from "../../kernel/clock.ts";
import { messageOf, TidewireError } from "../../kernel/errors.ts";
import type { EventBody } from "../../model/event.ts";
import { listen } from "../http/listen.ts";

/** A webhook as it came in: `problem` is null when its signature holds. */
export interface Received {
  event: EventBody;
  at: number;
  problem: string | null;
}

/** What a subscriber writes: an address that takes webhooks and checks each with the official library. */
export interface DemoReceiver {
  url: string;
  /** The subscription's secret, known once it was made. */
  trust(secret: string): void;
  /** Each webhook, by its event's type and id; the same one twice counts once. */
  received: Received[];
  /** Resolves when the event of that type and item is here; rejects after `withinMs`. */
  waitFor(type: string, id: string, withinMs: number): Promise<Received>;
  close(): Promise<void>;
}

export async function startReceiver(onReceived: (webhook: Received) => void): Promise<DemoReceiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let webhook: Webhook | null = null;
  const app = new Hono().post("/hook", async (c) => {
    const body = await c.req.text();
    const event = JSON.parse(body) as EventBody;
    const known = received.some((other) => other.event.id === event.id);
    const entry = { event, at: systemClock.now(), problem: verify(webhook, body, c.req.header()) };
    if (!known) {
      received.push(entry);
      onReceived(entry);
    }
    for (const look of waiting) look();
    return c.body(null, 204);
  });
  const server = await listen(app.fetch, "127.0.0.1", 0);
  return {
    url: `${server.url}/hook`,
    received,
    trust(secret) {
      webhook = new Webhook(secret);
    },
    waitFor: (type, id, withinMs) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = received.find(({ event }) => event.type === type && (event.data as { id?: string }).id === id);
          if (!found) return;
          cancel();
          waiting.delete(look);
          resolve(found);
        };
        const cancel = systemClock.after(withinMs, () => {
          waiting.delete(look);
          reject(new TidewireError("internal", `No ${type} for ${id} arrived within ${withinMs / 1_000} s.`));
        });
        waiting.add(look);
        look();
      }),
    close: () => server.close(1_000),
  };
}

function verify(webhook: Webhook | null, body: string, headers: Record<string, string>): string | null {
  if (!webhook) return "it came before the secret was known";
  try {
    webhook.verify(body, headers);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
