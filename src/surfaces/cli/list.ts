import type { Command } from "commander";
import { type JsonObject, type JsonSchema, textOf } from "../../kernel/json.ts";
import { isBinary, writtenFlag } from "./arguments.ts";
import type { Cli } from "./cli.ts";
import { withClient } from "./connect.ts";
import { type ConnectorView, connectorsOf, connectorsWith, type OperationView } from "./connectors.ts";
import { printResult, table } from "./terminal.ts";

/** `tidewire list`: every operation and event there is; of one operation also what it takes. */
export function addList(program: Command, cli: Cli): void {
  program
    .command("list")
    .description("list the operations and events of all connectors; for one operation, what it takes")
    .argument("[text]", "only names that contain this text; an operation's own name shows its inputs")
    .option("--connection <name>", "what this account can do")
    .option("--all", "also what needs a credential that the account lacks, and what the API cannot do")
    .action(async (text: string | undefined, { connection, all }: { connection?: string; all?: boolean }) => {
      const connectors = await withClient(cli, (client) =>
        connection === undefined ? connectorsOf(client) : connectorsWith(client, connection),
      );
      const operations = operationsOf(connectors);
      const one = operations.find(({ name, aliases }) => text === name || aliases.includes(text ?? ""));
      if (one) {
        printResult(cli.terminal, { operations: [{ ...brief(one), input: one.input }], events: [] }, () =>
          inputsOf(one),
        );
        return;
      }
      const has = (name: string) => text === undefined || name.includes(text);
      const named = operations.filter(({ name, available }) => has(name) && (available || all === true));
      const events = eventsOf(connectors).filter(({ type }) => has(type));
      printResult(cli.terminal, { operations: named.map(brief), events }, () => tablesOf(named, events));
    });
}

type Listed = OperationView & { connector: string };

function operationsOf(connectors: ConnectorView[]): Listed[] {
  return connectors.flatMap(({ handle, operations }) => operations.map((one) => ({ connector: handle, ...one })));
}

function eventsOf(connectors: ConnectorView[]) {
  return connectors.flatMap(({ handle, events }) => events.map(({ type }) => ({ connector: handle, type })));
}

function brief(one: Listed): JsonObject {
  const { connector, name, kind, effect, method, path, available, deprecated, unsupported } = one;
  return { connector, name, kind, effect, method, path, available, deprecated, unsupported };
}

/** What one should know before using it. */
function noteOf({ description, credential, available, deprecated, unsupported }: Listed): string {
  if (unsupported !== null) return `Unsupported: ${unsupported}`;
  if (deprecated !== null) return `Deprecated: ${deprecated}`;
  return available ? description : `${description} Needs the credential "${credential}".`;
}

function tablesOf(operations: Listed[], events: { type: string }[]): string {
  const rows = operations.map((one) => [one.name, one.effect === "none" ? one.kind : one.effect, noteOf(one)]);
  return [
    table(["OPERATION", "", "WHAT IT DOES"], rows),
    "",
    table(
      ["EVENT"],
      events.map(({ type }) => [type]),
    ),
    "",
    "What one takes: tidewire list <operation>   Run it: tidewire call <operation> --name value …",
    "What needs another credential, and what the API cannot do: tidewire list --all",
  ].join("\n");
}

function inputsOf(one: Listed): string {
  const others = one.input.additionalProperties === true ? ["", "Other inputs are sent on as they are."] : [];
  return [`${one.name}: ${noteOf(one)}`, "", flagTable(one.input), ...others].join("\n");
}

/** What may be given as flags, and how. */
export function flagTable(input: JsonSchema): string {
  const properties = Object.entries((input.properties ?? {}) as Record<string, JsonSchema>);
  const required = (input.required ?? []) as string[];
  const rows = properties.map(([input, schema]) => [
    writtenFlag(input),
    `${typeOf(schema)}${required.includes(input) ? ", required" : ""}`,
    typeof schema.description === "string" ? schema.description : "",
  ]);
  return table(["FLAG", "TAKES", ""], rows);
}

function typeOf(schema: JsonSchema): string {
  if (schema.type === "array") return `${typeOf((schema.items ?? {}) as JsonSchema)}, several`;
  if (isBinary(schema)) return "@file";
  return [schema.type ?? "anything"].flat().map(textOf).join(" or ");
}
