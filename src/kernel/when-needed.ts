import { createRequire } from "node:module";
import type Table from "cli-table3";
import type * as jsonc from "jsonc-parser";
import type * as cron from "node-cron";

/**
 * Packages that most processes never need, each loaded when it first is: a start shall take neither their time nor their
 * memory. With the calendar that node-cron opens for its first tick, that one alone takes 10 MB and 45 ms.
 */
const load = createRequire(import.meta.url);

export const nodeCron = (): typeof cron => load("node-cron") as typeof cron;
export const jsoncParser = (): typeof jsonc => load("jsonc-parser") as typeof jsonc;
export const cliTable = (): typeof Table => load("cli-table3") as typeof Table;
