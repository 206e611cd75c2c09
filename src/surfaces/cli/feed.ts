import { createParser } from "eventsource-parser";
import { type Clock, sleep, stayAlive, systemClock } from "../../kernel/clock.ts";
import { type ErrorCode, TidewireError } from "../../kernel/errors.ts";
import type { Cli } from "./cli.ts";
import { type Client, problemError, queryOf, readText } from "./client.ts";
import { explained, openServer } from "./connect.ts";
import { usageError } from "./terminal.ts";

/** An event of the feed, or `gap` when some were removed before they were told; `data` is JSON. */
export interface FeedMessage {
  type: string;
  data: string;
}

export interface FeedQuery {
  type?: string | undefined;
  connection?: string | undefined;
  since?: string | undefined;
  after?: string | undefined;
}

/** The feed has heartbeats every 15 seconds: a connection that is silent for longer is dead. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** What a server answers, or does not, while it stops, starts or is busy. */
const PASSING: readonly ErrorCode[] = ["server_unreachable", "unavailable", "rate_limited", "internal"];

/**
 * The events of the running server, each once and in order, until the signal is aborted: when the connection breaks or the server
 * restarts it comes again, and goes on after the last event that was taken. `told` hears how the connection is. Throws what the
 * server refuses, and `server_unreachable` when it was never reached.
 */
export async function* readFeed(
  cli: Cli,
  query: FeedQuery,
  signal: AbortSignal,
  told: (state: string) => void,
  clock: Clock = systemClock,
): AsyncGenerator<FeedMessage> {
  const letGo = stayAlive();
  const place: Place = { id: null, waitMs: FIRST_WAIT_MS };
  try {
    while (!signal.aborted) {
      try {
        yield* oneConnection(cli, query, place, signal, told, clock);
      } catch (error) {
        if (signal.aborted) return;
        if (place.id === null || !isPassing(error)) throw error;
      }
      if (signal.aborted) return;
      told(`the connection ended; again in ${place.waitMs / 1_000} s`);
      await sleep(clock, place.waitMs, signal).catch(() => undefined); // it rejects when it is asked to stop
      place.waitMs = Math.min(place.waitMs * 2, LONGEST_WAIT_MS);
    }
  } finally {
    letGo();
  }
}

/** How far the feed was read: the cursor to go on after; null before the server was reached. */
interface Place {
  id: string | null;
  /** Before the next connection: longer each time that nothing comes of one. */
  waitMs: number;
}

function isPassing(error: unknown): boolean {
  return error instanceof TidewireError && PASSING.includes(error.code);
}

async function* oneConnection(
  cli: Cli,
  query: FeedQuery,
  place: Place,
  signal: AbortSignal,
  told: (state: string) => void,
  clock: Clock,
): AsyncGenerator<FeedMessage> {
  const client = openServer(cli);
  if (client === null) throw notRunning(place);
  const silence = new AbortController();
  const heard = alarm(clock, silence);
  try {
    const body = await open(client, query, place, AbortSignal.any([signal, silence.signal]));
    told(`following ${client.at}`);
    for await (const { id, type, data } of messages(body, heard)) {
      Object.assign(place, { id, waitMs: FIRST_WAIT_MS });
      if (type !== null) yield { type, data };
    }
  } catch (error) {
    throw explained(error, client);
  } finally {
    heard(false);
    await client.close();
  }
}

function notRunning({ id }: Pick<Place, "id">): TidewireError {
  if (id === null) return usageError("This needs a running server: start one with `tidewire serve`.");
  return new TidewireError("server_unreachable", "No server runs at the moment.");
}

/** Aborts after a silence. The returned function begins to wait anew, or ends it. */
function alarm(clock: Clock, silence: AbortController): (goOn: boolean) => void {
  const start = () => clock.after(SILENCE_MS, () => silence.abort());
  let cancel = start();
  return (goOn) => {
    cancel();
    if (goOn) cancel = start();
  };
}

async function open(
  client: Client,
  { after, ...filter }: FeedQuery,
  { id }: Place,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const query = queryOf(id === null ? { ...filter, after } : { ...filter });
  const resume: Record<string, string> = id === null ? {} : { "last-event-id": id };
  const path = `/v1/events/stream?${query.toString()}`;
  const { status, body } = await client.request("GET", path, undefined, resume, signal);
  if (status >= 400) throw problemError(status, await readText(body));
  return body;
}

interface Read {
  id: string;
  /** Null for a heartbeat. */
  type: string | null;
  data: string;
}

async function* messages(chunks: AsyncIterable<Uint8Array>, heard: (goOn: boolean) => void): AsyncGenerator<Read> {
  const decoder = new TextDecoder();
  const ready: Read[] = [];
  const parser = createParser({
    onEvent: ({ id = "", event = "message", data }) => ready.push({ id, type: event, data }),
    // A heartbeat's id comes without data, which is no event to a parser: it is in the comment too.
    onComment: (text) => {
      const [, id] = /^\s*at (\S+)$/.exec(text) ?? [];
      if (id !== undefined) ready.push({ id, type: null, data: "" });
    },
  });
  for await (const chunk of chunks) {
    heard(true);
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
}
