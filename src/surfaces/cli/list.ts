import type { Command } from "commander";
import type { JsonObject } from "../../kernel/json.ts";
import type { Cli } from "./cli.ts";
import { withClient } from "./connect.ts";
import { connectorsOf, type OperationView } from "./connectors.ts";
import { printResult, table } from "./terminal.ts";

/** `tidewire list`: every operation and event there is. */
export function addList(program: Command, cli: Cli): void {
  program
    .command("list")
    .description("list the operations and events of all connectors")
    .argument("[text]", "only names that contain this text")
    .action(async (text: string | undefined) => {
      const connectors = await withClient(cli, connectorsOf);
      const has = (name: string) => text === undefined || name.includes(text);
      const operations = connectors.flatMap((c) =>
        c.operations.filter((o) => has(o.name)).map((o) => ({ connector: c.handle, ...o })),
      );
      const events = connectors.flatMap((c) =>
        c.events.filter((e) => has(e.type)).map((e) => ({ connector: c.handle, type: e.type })),
      );
      printResult(cli.terminal, { operations: operations.map(brief), events }, () =>
        [
          table(
            ["OPERATION", "", "WHAT IT DOES"],
            operations.map((o) => [o.name, o.effect === "none" ? o.kind : o.effect, o.description]),
          ),
          "",
          table(
            ["EVENT"],
            events.map((e) => [e.type]),
          ),
          "",
          "Run one with: tidewire call <operation> --name value …",
        ].join("\n"),
      );
    });
}

function brief(operation: OperationView & { connector: string }): JsonObject {
  const { connector, name, kind, effect, method, path } = operation;
  return { connector, name, kind, effect, method, path };
}
