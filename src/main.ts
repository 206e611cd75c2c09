import "./kernel/uncompiled-schemas.ts";
import { createInterface } from "node:readline/promises";
import { config as readDotenv } from "dotenv";
import { createProduct } from "./product.ts";
import { runCli } from "./surfaces/cli/program.ts";
import type { Terminal } from "./surfaces/cli/terminal.ts";

/** Runs one command line; gives the exit code. A `.env` file fills what the environment lacks. */
export async function main(argv: readonly string[]): Promise<number> {
  readDotenv({ quiet: true });
  process.stdout.on("error", leaveWithReader);
  return runCli(argv, { terminal, product: createProduct(process.env), env: process.env, stopped: stopSignal() });
}

/** A reader that has seen enough (`| head`) is no failure. */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
}

const terminal: Terminal = {
  json: false,
  interactive: process.stdout.isTTY && process.stdin.isTTY,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outBytes: (bytes) =>
    new Promise((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))),
  async confirm(question) {
    if (!this.interactive) return false;
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question(`${question} [y/N] `);
    prompt.close();
    return /^y(es)?$/i.test(answer.trim());
  },
};

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
