import { Command, CommanderError } from "commander";
import { readConfig } from "../../config.ts";
import { VERSION } from "../../version.ts";
import { addCall } from "./call.ts";
import type { Cli } from "./cli.ts";
import { addConfig } from "./config.ts";
import { addDemo } from "./demo.ts";
import { addKeys } from "./keys.ts";
import { addList } from "./list.ts";
import { addManifest } from "./manifest.ts";
import { addSandbox } from "./sandbox.ts";
import { addServe } from "./serve.ts";
import { printError } from "./terminal.ts";

/** Runs one command line to its end; gives the exit code. Errors are printed, never thrown. */
export async function runCli(argv: readonly string[], deps: Omit<Cli, "config">): Promise<number> {
  const cli: Cli = { ...deps, config: () => readConfig(deps.env) };
  cli.terminal.json = argv.includes("--json");
  const program = createProgram(cli);
  try {
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has printed its own word already; `--help` and `--version` are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return printError(cli.terminal, error);
  }
}

function createProgram(cli: Cli): Command {
  const program = new Command("tidewire")
    .description("Actions of HTTP APIs, and signed webhooks for the changes they never announce.")
    .version(VERSION)
    .option("--json", "print results and errors as JSON")
    .configureOutput({ writeOut: cli.terminal.out, writeErr: cli.terminal.err })
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("Run it with --help to see how it is used.");
  for (const add of [addServe, addDemo, addSandbox, addCall, addList, addManifest, addKeys, addConfig])
    add(program, cli);
  for (const command of program.commands) {
    command.option("--json", "print results and errors as JSON");
    for (const sub of command.commands) sub.option("--json", "print results and errors as JSON");
  }
  return program;
}
