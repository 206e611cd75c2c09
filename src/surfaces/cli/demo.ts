import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../../kernel/clock.ts";
import { TidewireError } from "../../kernel/errors.ts";
import type { Cli } from "./cli.ts";
import { type Client, requestJson } from "./client.ts";
import type { DemoReceiver, Received } from "./demo-receiver.ts";
import type { RunningServer } from "./product.ts";
import { printResult, table, usageError } from "./terminal.ts";

/** The eight events that the shipped connector tells and the API does not. */
const EXPECTED = [
  "messages.created",
  "files.created",
  "files.deleted",
  "skills.created",
  "skills.deleted",
  "models.created",
  "message_batches.ended",
  "message_batches.expired",
];
const LOOPBACK = "127.0.0.1";

/** `tidewire demo`: the main job from end to end, with no account; fails when an event is missing or not verified. */
export function addDemo(program: Command, cli: Cli): void {
  program
    .command("demo")
    .description("show the main job with no account: eight events of a sandbox arrive as signed webhooks")
    .option("--wait <seconds>", "how long each webhook may take", "10")
    .action(({ wait }: { wait: string }) => demo(cli, milliseconds(wait)));
}

function milliseconds(wait: string): number {
  if (Number(wait) > 0) return Number(wait) * 1_000;
  throw usageError(`--wait takes a number of seconds, and "${wait}" is none.`);
}

async function demo(cli: Cli, arrivalMs: number): Promise<void> {
  const say = (text: string) => void (cli.terminal.json || cli.terminal.out(text));
  const startedAt = systemClock.now();
  const folder = mkdtempSync(join(tmpdir(), "tidewire-demo-"));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const { createSandbox } = await import("../../sandbox/sandbox.ts");
    const { startReceiver } = await import("./demo-receiver.ts");
    const { tellStory } = await import("./demo-story.ts");
    const sandbox = createSandbox({ clock: systemClock });
    const upstream = await sandbox.listen(0);
    ends.unshift(() => upstream.close());
    const receiver = await startReceiver((webhook) => say(`    ${line(webhook)}\n`));
    ends.unshift(() => receiver.close());
    const server = await cli.product.serve(settings(folder));
    ends.unshift(() => server.stop());
    const client = cli.product.connect(server.url, server.rootKey);
    ends.unshift(() => client.close());
    say(`A Claude sandbox   ${upstream.url}\nTidewire           ${server.url}\nA receiver         ${receiver.url}\n\n`);
    await connect(client, upstream.url, receiver, server);
    await tellStory({ client, sandbox, receiver, arrivalMs, say: (text) => say(`• ${text}\n`) });
    report(cli, receiver.received, systemClock.now() - startedAt);
  } finally {
    for (const end of ends) await end();
  }
}

/** Everything in one temporary folder, and nothing but this machine may be reached. */
function settings(folder: string): Record<string, string> {
  return {
    HOST: LOOPBACK,
    PORT: "0",
    DATABASE_URL: `file:${join(folder, "demo.db")}`,
    TIDEWIRE_CONNECTORS: "",
    TIDEWIRE_ROOT_KEY: "",
    TIDEWIRE_VAULT_KEY: "",
    TIDEWIRE_ALLOWED_TARGETS: LOOPBACK,
    TIDEWIRE_ALLOWED_UPSTREAMS: LOOPBACK,
    TIDEWIRE_SANDBOX: "off",
    ANTHROPIC_API_KEY: "",
    ANTHROPIC_ADMIN_KEY: "",
    LOG_LEVEL: "error",
  };
}

async function connect(client: Client, upstream: string, receiver: DemoReceiver, server: RunningServer): Promise<void> {
  const [connector] = server.connectors;
  const connection = {
    connector: connector?.handle ?? "",
    name: "demo",
    credentials: { apiKey: "sk-ant-sandbox-demo" },
    params: { baseUrl: `${upstream}/v1` },
  };
  await requestJson(client, "POST", "/v1/connections", { json: connection });
  const wanted = { url: receiver.url, events: ["*"] };
  const { result } = (await requestJson(client, "POST", "/v1/subscriptions", { json: wanted })) as {
    result: { secret: string };
  };
  receiver.trust(result.secret);
}

function line({ event, problem }: Received): string {
  const { id } = event.data as { id?: string };
  return `${problem === null ? "✓" : "✗"} ${event.type.padEnd(24)} ${id ?? ""}  ${problem ?? "signature verified"}`;
}

function report(cli: Cli, received: Received[], ms: number): void {
  const rows = EXPECTED.map((type) => {
    const arrived = received.filter(({ event }) => event.type === type);
    const verified = arrived.filter(({ problem }) => problem === null).length;
    return { event: type, arrived: arrived.length, verified };
  });
  printResult(cli.terminal, { events: rows, ms }, () =>
    [
      "",
      table(
        ["EVENT", "ARRIVED", "VERIFIED"],
        rows.map((row) => [row.event, row.arrived, row.verified]),
      ),
      "",
      `All in ${(ms / 1_000).toFixed(1)} s. Next: npm start`,
    ].join("\n"),
  );
  const missing = rows.filter(({ arrived, verified }) => arrived === 0 || verified !== arrived);
  if (missing.length === 0) return;
  const names = missing.map(({ event }) => event).join(", ");
  throw new TidewireError("internal", `Missing or not verified: ${names}.`);
}
