import type { Config } from "../../config.ts";
import type { Product } from "./product.ts";
import type { Terminal } from "./terminal.ts";

/** What every command of the command line works with. */
export interface Cli {
  terminal: Terminal;
  product: Product;
  /** What the process ends with when nothing is thrown: 1 for what ran and did not go well. */
  exitCode: number;
  env: Record<string, string | undefined>;
  /** Throws `config_invalid` with all mistakes. */
  config(): Config;
  /** Resolves when the process is asked to stop (SIGINT, SIGTERM). */
  stopped: Promise<void>;
}
