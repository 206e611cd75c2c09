import { createRequire } from "node:module";
import type Table from "cli-table3";
import type * as jsonc from "jsonc-parser";
import type * as cron from "node-cron";

// Packages that most processes never need, each loaded when it first is: a start shall take neither their time nor their memory.
const load = createRequire(import.meta.url);

/** node-cron, for expressions that need a calendar: with the one that it opens for its first tick it takes 10 MB and 45 ms. */
export const nodeCron = (): typeof cron => load("node-cron") as typeof cron;

/** jsonc-parser, for places in a JSON text: where something is amiss, or a link stands. */
export const jsoncParser = (): typeof jsonc => load("jsonc-parser") as typeof jsonc;

/** cli-table3, for what people read. */
export const cliTable = (): typeof Table => load("cli-table3") as typeof Table;
