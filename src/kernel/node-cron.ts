import { createRequire } from "node:module";
import type * as cron from "node-cron";

const load = createRequire(import.meta.url);

/**
 * node-cron, loaded when the first expression needs it: with the calendar that it opens for its first tick it takes 10 MB and
 * 45 ms, and most products run without such an expression.
 */
export function nodeCron(): typeof cron {
  return load("node-cron") as typeof cron;
}
