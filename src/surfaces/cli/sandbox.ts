import type { Command } from "commander";
import { systemClock } from "../../kernel/clock.ts";
import { postOnce } from "../../net/post-once.ts";
import { wholeNumber } from "./arguments.ts";
import type { Cli } from "./cli.ts";

/** A batch that takes longer expires instead. */
const LONGEST_BATCH_MS = 86_400_000;

/** `tidewire sandbox`: the pretended Claude API by itself, until it is asked to stop. */
export function addSandbox(program: Command, cli: Cli): void {
  program
    .command("sandbox")
    .description("run the local Claude sandbox by itself, for trying and testing without a key")
    .option("--port <port>", "port to listen on (0 = any free one)", "8788")
    .option("--batch-ms <ms>", "how long a message batch takes, in ms", "2000")
    .action(async ({ port, batchMs }: { port: string; batchMs: string }) => {
      const { createSandbox } = await import("../../sandbox/sandbox.ts");
      const sandbox = createSandbox({
        clock: systemClock,
        batchMs: wholeNumber("--batch-ms", batchMs, LONGEST_BATCH_MS),
        post: (url, headers, body) => post(cli, url, headers, body),
      });
      const listener = await sandbox.listen(wholeNumber("--port", port, 65_535));
      if (cli.terminal.json) cli.terminal.out(`${JSON.stringify({ url: listener.url })}\n`);
      else cli.terminal.out(welcome(listener.url));
      await cli.stopped;
      await listener.close();
    });
}

/** Whom the person at the knob names, the sandbox may call. */
async function post({ product }: Cli, url: string, headers: Record<string, string>, body: string): Promise<number> {
  const way = product.reach(url);
  try {
    return await postOnce({ http: way.http, clock: systemClock }, url, headers, body);
  } finally {
    await way.close();
  }
}

function welcome(url: string): string {
  return [
    `Claude sandbox at ${url}`,
    `  Point any Claude client at it: base URL ${url}, any key that begins sk-ant-`,
    `  See what it holds, and its knobs (clock, models, webhooks, faults): GET ${url}/_sandbox`,
    "",
  ].join("\n");
}
