import type { Command } from "commander";
import type { Cli } from "./cli.ts";
import type { RunningServer } from "./product.ts";

/** `tidewire serve`: the server, until it is asked to stop. */
export function addServe(program: Command, cli: Cli): void {
  program
    .command("serve")
    .description("start the server")
    .action(async () => {
      const server = await cli.product.serve({});
      announce(cli, server);
      await cli.stopped;
      await server.stop();
      if (!cli.terminal.json) cli.terminal.out("tidewire stopped\n");
    });
}

function announce(cli: Cli, server: RunningServer): void {
  const { terminal } = cli;
  if (terminal.json) {
    terminal.out(
      `${JSON.stringify({ url: server.url, sandbox: server.sandboxUrl, root_key_file: server.rootKeyFile })}\n`,
    );
    return;
  }
  terminal.out(`tidewire ready at ${server.url}\n`);
  for (const { handle, operations, events } of server.connectors) {
    terminal.out(`  connector  ${handle}: ${operations} operations, ${events} events\n`);
  }
  if (server.sandboxUrl) {
    const reason = cli.config().TIDEWIRE_SANDBOX === "on" ? "" : "no ANTHROPIC_API_KEY and no connection, so ";
    terminal.out(`  sandbox    ${reason}a local Claude sandbox stands in at ${server.sandboxUrl}\n`);
  }
  if (server.rootKeyIsNew && terminal.interactive) terminal.out(`  root key   ${server.rootKey}\n`);
  else if (server.rootKeyFile) terminal.out(`  root key   in ${server.rootKeyFile}\n`);
  terminal.out(`  API        ${server.url}/openapi.json\n`);
}
