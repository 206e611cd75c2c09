import type { KeyObject } from "node:crypto";
import type { Command } from "commander";
import { deliveryRequest } from "../../delivery/request.ts";
import { newSecret, secretKey } from "../../delivery/secrets.ts";
import { sleep, systemClock } from "../../kernel/clock.ts";
import type { EventBody } from "../../model/event.ts";
import { type Http, HttpFailure } from "../../net/port.ts";
import type { Cli } from "./cli.ts";
import { gapLine } from "./events.ts";
import { type FeedMessage, readFeed } from "./feed.ts";
import { usageError } from "./terminal.ts";

interface Options {
  forward: string;
  events?: string;
  connection?: string;
  after?: string;
  secret?: string;
}

/** A program that is just being started again is waited for: the delays before the further tries, in ms. */
const RETRY_AFTER_MS = [500, 1_000, 2_000, 4_000];
/** As long as a delivery may take at most. */
const DEADLINE_MS = 30_000;

/** `tidewire listen`: each event as a webhook to a program on this machine, which needs no address that others can reach. */
export function addListen(program: Command, cli: Cli): void {
  program
    .command("listen")
    .description("send each event as a signed webhook to a local program, until stopped")
    .requiredOption("--forward <url>", "where to send them, such as http://localhost:3000/hook")
    .option("--events <patterns>", "types and patterns, separated by commas; all, if left out")
    .option("--connection <name>", "events of this account")
    .option("--after <place>", "begin after an event's id or a cursor, or at `start`; now, if left out")
    .option("--secret <secret>", "sign with this secret (whsec_…); one is made and printed, if left out")
    .action((options: Options) => listen(cli, options));
}

async function listen(cli: Cli, { forward, events, connection, after, secret = newSecret() }: Options): Promise<void> {
  const { terminal } = cli;
  const target: Target = { url: targetUrl(forward), key: secretKey(secret) };
  const stop = new AbortController();
  void cli.stopped.then(() => stop.abort());
  const told = (state: string) => {
    if (terminal.interactive) terminal.err(`${state}\n`);
  };
  terminal.out(
    terminal.json
      ? `${JSON.stringify({ forward: target.url, secret })}\n`
      : `events go to ${target.url}\n  signed with ${secret}\n`,
  );
  const way = cli.product.reach(target.url);
  try {
    for await (const message of readFeed(cli, { type: events, connection, after }, stop.signal, told)) {
      if (message.type === "gap") {
        terminal.err(gapLine(message));
        continue;
      }
      const sent = await send(way.http, target, message, stop.signal);
      if (stop.signal.aborted && sent.status === null) break; // cut off by the stop: nothing is known of it
      if (!sent.ok) cli.exitCode = 1;
      terminal.out(terminal.json ? `${JSON.stringify(sent)}\n` : `${lineOf(sent)}\n`);
    }
  } finally {
    await way.close();
  }
}

interface Target {
  url: string;
  key: KeyObject;
}

function targetUrl(given: string): string {
  const url = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw usageError(`--forward takes an address such as http://localhost:3000/hook, and "${given}" is none.`);
}

/** How the webhook of one event went. */
interface Sent {
  event: string;
  type: string;
  ok: boolean;
  /** Null when there was no answer. */
  status: number | null;
  error: string | null;
  duration_ms: number;
}

/** Sends one event; tries again while nobody listens there. */
async function send(http: Http, { url, key }: Target, { data }: FeedMessage, signal: AbortSignal): Promise<Sent> {
  const { id, type } = JSON.parse(data) as EventBody;
  const startedAt = systemClock.now();
  const sent = (status: number | null, error: string | null): Sent => {
    const ok = status !== null && status >= 200 && status < 300;
    return { event: id, type, ok, status, error, duration_ms: systemClock.now() - startedAt };
  };
  const endpoint = { subscription: { url, format: "standard" as const }, headers: {}, keys: () => [key] };
  for (let number = 1; ; number++) {
    const request = deliveryRequest(endpoint, id, data, number, systemClock.now());
    try {
      const { status, body } = await http(request, AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]));
      body.discard();
      return sent(status, null);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const wait = RETRY_AFTER_MS[number - 1];
      if (error.kind !== "connect" || wait === undefined || signal.aborted) return sent(null, error.message);
      await sleep(systemClock, wait, signal).catch(() => undefined); // it rejects when it is asked to stop
    }
  }
}

function lineOf({ event, type, ok, status, error, duration_ms }: Sent): string {
  return `${ok ? "✓" : "✗"} ${type.padEnd(24)}  ${event}  ${status ?? error}  ${duration_ms} ms`;
}
