import type { Command } from "commander";
import type { Cli } from "./cli.ts";
import type { Backup } from "./product.ts";
import { printResult } from "./terminal.ts";

/** `tidewire backup <file>`: a copy of the database, taken while the server runs or while none does. */
export function addBackup(program: Command, cli: Cli): void {
  program
    .command("backup")
    .description("copy the database, also while the server runs, and check the copy")
    .argument("<file>", "where the copy goes")
    .option("--force", "replace what is there")
    .option("--with-keys", "copy the key files beside it too: who has both can read the credentials")
    .action(async (file: string, { force = false, withKeys = false }: { force?: boolean; withKeys?: boolean }) => {
      const onProgress = progressOn(cli);
      const made = await cli.product.backup(cli.config(), { file, force, withKeys, onProgress });
      printResult(cli.terminal, made, () => told(cli, made));
    });
}

/** One line that is written anew with each percent, for a person; nothing for a script. */
function progressOn({ terminal }: Cli): (done: number, total: number) => void {
  let percent = -1;
  return (done, total) => {
    const now = Math.floor((100 * done) / Math.max(total, 1));
    if (!terminal.interactive || terminal.json || now === percent) return;
    percent = now;
    terminal.err(`\r${now} %`);
    if (done === total) terminal.err("\r     \r");
  };
}

function told(cli: Cli, { file, bytes, keys }: Backup): string {
  const left = keys.filter(({ copy }) => copy === null);
  const { TIDEWIRE_VAULT_KEY, TIDEWIRE_ROOT_KEY } = cli.config();
  const settings = Object.entries({ TIDEWIRE_VAULT_KEY, TIDEWIRE_ROOT_KEY }).filter(([, value]) => value !== null);
  return [
    `${file}: ${(bytes / 1e6).toFixed(1)} MB, checked.`,
    ...keys
      .filter(({ copy }) => copy !== null)
      .map(({ copy }) => `${copy}: keep it apart from the database if you can.`),
    ...(left.length > 0
      ? [
          "Not in it, and lost without a copy of their own (--with-keys makes one):",
          ...left.map((key) => `  ${key.file}`),
        ]
      : []),
    ...(settings.length > 0
      ? [`Not in it, since they are settings: ${settings.map(([name]) => name).join(", ")}.`]
      : []),
  ].join("\n");
}
