import { Command, CommanderError } from "commander";
import { readConfig } from "../../config.ts";
import { VERSION } from "../../version.ts";
import { addBackup } from "./backup.ts";
import { addCall } from "./call.ts";
import type { Cli } from "./cli.ts";
import { addConfig } from "./config.ts";
import { addDemo } from "./demo.ts";
import { addEvents } from "./events.ts";
import { addListen } from "./forward.ts";
import { addKeys } from "./keys.ts";
import { addList } from "./list.ts";
import { addManifest } from "./manifest.ts";
import { addSandbox } from "./sandbox.ts";
import { addServe } from "./serve.ts";
import { printError, usageError } from "./terminal.ts";
import { addVerbs } from "./verbs.ts";

/** Runs one command line to its end; gives the exit code. Errors are printed, never thrown. */
export async function runCli(argv: readonly string[], deps: Omit<Cli, "config" | "exitCode">): Promise<number> {
  const cli: Cli = { ...deps, exitCode: 0, config: () => readConfig(deps.env) };
  cli.terminal.json = argv.includes("--json");
  const program = createProgram(cli);
  try {
    await program.parseAsync(argv, { from: "user" });
    return cli.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(cli.terminal, error);
    if (error.exitCode === 0) return 0; // `--help` and `--version`
    // Commander has told people already what is wrong.
    return cli.terminal.json ? printError(cli.terminal, usageError(wordsOf(error))) : 2;
  }
}

function wordsOf({ code, message }: CommanderError): string {
  return code === "commander.help" ? "Name a command; --help lists them." : message.replace(/^error: /, "");
}

function createProgram(cli: Cli): Command {
  const program = new Command("tidewire")
    .description("Actions of HTTP APIs, and signed webhooks for the changes they never announce.")
    .version(VERSION)
    .option("--json", "print results and errors as JSON")
    .configureOutput({
      writeOut: cli.terminal.out,
      writeErr: (text) => {
        if (!cli.terminal.json) cli.terminal.err(text);
      },
    })
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("Run it with --help to see how it is used.");
  for (const add of [
    addServe,
    addDemo,
    addSandbox,
    addCall,
    addList,
    addManifest,
    addKeys,
    addVerbs,
    addEvents,
    addListen,
    addBackup,
    addConfig,
  ])
    add(program, cli);
  for (const command of program.commands) {
    command.option("--json", "print results and errors as JSON");
    for (const sub of command.commands) sub.option("--json", "print results and errors as JSON");
  }
  return program;
}
