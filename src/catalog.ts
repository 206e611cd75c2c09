import { commands as access } from "./access/commands.ts";
import { commands as actions, operationCommands } from "./actions/commands.ts";
import { commands as jobs } from "./actions/jobs/commands.ts";
import type { Command } from "./command.ts";
import { commands as connections } from "./connections/commands.ts";
import { commands as deliveries } from "./delivery/commands.ts";
import { commands as directory } from "./directory/commands.ts";
import { commands as events } from "./events/commands.ts";
import type { Connector } from "./manifest/connector.ts";
import { commands as subscriptions } from "./subscriptions/commands.ts";
import { commands as pollers } from "./triggers/commands.ts";

/** What the product itself can do, whatever connectors it runs. */
export const BUILT_IN: readonly Command[] = [
  ...access,
  ...actions,
  ...directory,
  ...jobs,
  ...connections,
  ...subscriptions,
  ...events,
  ...deliveries,
  ...pollers,
];

/** Everything a caller may run: the built-in verbs and one command for each operation of each connector. */
export function catalogOf(connectors: readonly Connector[]): readonly Command[] {
  return [...BUILT_IN, ...operationCommands(connectors)];
}
