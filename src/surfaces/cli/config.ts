import type { Command } from "commander";
import { describeConfig } from "../../config.ts";
import type { Cli } from "./program.ts";
import { printResult, table } from "./terminal.ts";

/** `tidewire config`: the settings in force, secrets masked. */
export function addConfig(program: Command, cli: Cli): void {
  program
    .command("config")
    .description("print the settings in force, secrets masked")
    .action(() => {
      const settings = describeConfig(cli.config());
      const values = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
      printResult(cli.terminal, values, () =>
        table(
          ["SETTING", "VALUE", "MEANING"],
          settings.map(({ name, value, doc }) => [name, value, doc]),
        ),
      );
    });
}
