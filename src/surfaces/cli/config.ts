import type { Command } from "commander";
import { describeConfig } from "../../config.ts";
import { credentialVariables } from "../../connections/environment.ts";
import { loadConnectors } from "../../manifest/load.ts";
import type { Cli } from "./cli.ts";
import { printResult, table } from "./terminal.ts";

/** `tidewire config`: the settings in force, and the credentials that the connectors take from the environment; secrets masked. */
export function addConfig(program: Command, cli: Cli): void {
  program
    .command("config")
    .description("print the settings in force, secrets masked")
    .action(() => {
      const settings = [...describeConfig(cli.config()), ...credentials(cli)];
      const values = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
      printResult(cli.terminal, values, () =>
        table(
          ["SETTING", "VALUE", "MEANING"],
          settings.map(({ name, value, doc }) => [name, value, doc]),
        ),
      );
    });
}

function credentials(cli: Cli) {
  const { connectors } = loadConnectors(cli.product.connectorPaths(cli.config()));
  return credentialVariables(connectors).map(({ env, connector, name, description }) => ({
    name: env,
    value: cli.env[env] ? "[secret]" : "",
    doc: `${connector}: ${name}. ${description}`,
  }));
}
