import type { Command } from "commander";
import type { EventBody } from "../../model/event.ts";
import { wholeNumber } from "./arguments.ts";
import type { Cli } from "./cli.ts";
import { requestSome } from "./client.ts";
import { withClient } from "./connect.ts";
import { type FeedMessage, type FeedQuery, readFeed } from "./feed.ts";
import { table } from "./terminal.ts";

interface Options extends FeedQuery {
  until?: string;
  limit: string;
  follow?: boolean;
}

/** `tidewire events`: the log of events, or with `--follow` each as it happens. */
export function addEvents(program: Command, cli: Cli): void {
  program
    .command("events")
    .description("list events, newest first, or follow them as they happen (--json: one event a line)")
    .option("--follow", "go on with each event as it happens, also when the server restarts")
    .option("--type <patterns>", "types and patterns, separated by commas: files.created,skills.*")
    .option("--connection <name>", "events of this account")
    .option("--since <time>", "at or after this time (ISO 8601)")
    .option("--until <time>", "before this time (ISO 8601); not with --follow")
    .option("--after <place>", "oldest first, what came after an event's id or a cursor, or `start` for all there is")
    .option("--limit <n>", "how many at most; not with --follow", "20")
    .action(async ({ follow, limit, until, ...query }: Options) => {
      if (follow) await followEvents(cli, query);
      else await listEvents(cli, { ...query, until }, wholeNumber("--limit", limit, MOST));
    });
}

async function listEvents(cli: Cli, query: Record<string, string | undefined>, most: number): Promise<void> {
  const { members, hasMore } = await withClient(cli, (client) => requestSome(client, "/v1/events", query, most));
  const { terminal } = cli;
  if (terminal.json) {
    for (const event of members) terminal.out(`${JSON.stringify(event)}\n`);
    return;
  }
  const rows = (members as unknown as EventBody[]).map(cells);
  terminal.out(`${table(["TIME", "TYPE", "CONNECTION", "EVENT", "DATA"], rows)}\n`);
  if (hasMore && terminal.interactive) terminal.err(`There are more: --limit ${most * 10}\n`);
}

async function followEvents(cli: Cli, query: FeedQuery): Promise<void> {
  const { terminal } = cli;
  const stop = new AbortController();
  void cli.stopped.then(() => stop.abort());
  const told = (state: string) => {
    if (terminal.interactive) terminal.err(`${state}\n`);
  };
  for await (const message of readFeed(cli, query, stop.signal, told)) {
    if (message.type === "gap") terminal.err(gapLine(message));
    // Waits for whoever reads, so that nothing is gathered here.
    else await terminal.outBytes(Buffer.from(terminal.json ? `${message.data}\n` : `${lineOf(message)}\n`));
  }
}

/** What is said on standard error where events are missing. */
export function gapLine({ data }: FeedMessage): string {
  const { reason } = JSON.parse(data) as { reason: string };
  return reason === "expired"
    ? "gap: events were removed, for their age, before they were told here\n"
    : "gap: the server's database is an older copy; events may be missing\n";
}

function lineOf({ data }: FeedMessage): string {
  const [time = "", type = "", ...others] = cells(JSON.parse(data) as EventBody);
  return [time, type.padEnd(24), ...others].join("  ");
}

/** Events that are listed at once. */
const MOST = 1_000_000;
/** The start of the data is enough to know an event by. */
const SHOWN = 80;

function cells({ timestamp, type, connection, id, data }: EventBody): string[] {
  const text = JSON.stringify(data);
  return [timestamp, type, connection, id, text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text];
}
