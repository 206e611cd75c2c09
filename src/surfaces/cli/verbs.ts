import type { Command as Program } from "commander";
import { BUILT_IN } from "../../catalog.ts";
import type { Command } from "../../command.ts";
import { isObject, type Json, type JsonObject, type JsonSchema, textOf } from "../../kernel/json.ts";
import { inputSchemaOf } from "../docs/openapi.ts";
import { flatSchema, readFlags, toBody, wholeNumber } from "./arguments.ts";
import type { Cli } from "./cli.ts";
import { type Client, requestJson, requestSome } from "./client.ts";
import { withClient } from "./connect.ts";
import { flagTable } from "./list.ts";
import { printRecord } from "./record.ts";
import { printable, printResult, table, usageError } from "./terminal.ts";

/** The things of the running product that have commands of their own, and what a list shows of each to people. */
const GROUPS: Record<string, { about: string; columns: readonly string[] }> = {
  connections: { about: "accounts", columns: ["id", "connector", "name", "state", "account"] },
  subscriptions: { about: "who is told what", columns: ["id", "url", "events", "status", "reason"] },
  deliveries: {
    about: "events on their way to subscriptions",
    columns: ["id", "type", "subscription", "status", "attempt_count", "next_attempt_at", "reason"],
  },
  pollers: {
    about: "what looks for changes",
    columns: ["id", "connection", "resource", "state", "items", "held", "next_run_at", "cadence", "last_error"],
  },
  jobs: {
    about: "operations and replays in the background",
    columns: ["id", "operation", "connection", "state", "progress", "created_at"],
  },
};

/** A stream of any size and no record: `call --wait` prints it. */
const UNPRINTED = "jobs.results";

/** `tidewire connections | subscriptions | deliveries | pollers | jobs`: every verb that the catalog has of them. */
export function addVerbs(program: Program, cli: Cli): void {
  for (const [group, { about, columns }] of Object.entries(GROUPS)) {
    const parent = program.command(group).description(`${about}: list, show, change`);
    for (const target of BUILT_IN) {
      if (target.name.startsWith(`${group}.`) && target.name !== UNPRINTED) addVerb(parent, cli, target, columns);
    }
  }
}

function addVerb(parent: Program, cli: Cli, target: Command, columns: readonly string[]): void {
  const schema = flagsOf(target);
  const named = namesInPath(target);
  const verb = parent.command(verbOf(target)).description(target.summary).allowUnknownOption();
  for (const name of named) verb.argument(`<${name}>`);
  verb
    .argument("[flags...]", "--name value for each input; --input '{…}' or --input @file.json for all at once")
    .addHelpText("after", () => `\n${flagTable(schema)}`)
    .action(async (...given: unknown[]) => {
      const names = given.slice(0, named.length) as string[];
      if (names.some((name) => name.startsWith("-"))) throw usageError(`Name the ${named.join(" and ")} first.`);
      const path = target.http.path.replace(/:(\w+)/g, (_, name: string) =>
        encodeURIComponent(names[named.indexOf(name)] ?? ""),
      );
      const body = await inputOf(given[named.length] as string[], schema);
      await withClient(cli, (client) =>
        verbOf(target) === "list" ? list(cli, client, path, body, columns) : run(cli, client, target, path, body),
      );
    });
}

/** `subscriptions.rotate_secret` is `rotate-secret`; reading one thing is `show`. */
function verbOf({ name }: Command): string {
  const verb = name.slice(name.indexOf(".") + 1).replaceAll("_", "-");
  return verb === "get" ? "show" : verb;
}

function namesInPath({ http }: Command): string[] {
  return [...http.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
}

/** The inputs that are flags: those that are not in the path, and not only other names. */
function flagsOf(target: Command): JsonSchema {
  const { properties, ...schema } = inputSchemaOf(target);
  const inPath = namesInPath(target);
  const flags = Object.entries(properties as Record<string, JsonSchema>).filter(
    ([name, { description }]) => !inPath.includes(name) && !textOf(description ?? "").startsWith("Another name of "),
  );
  const required = ((schema.required ?? []) as string[]).filter((name) => !inPath.includes(name));
  return { ...schema, required, properties: Object.fromEntries(flags.map(([name, its]) => [name, flatSchema(its)])) };
}

async function inputOf(tokens: readonly string[], schema: JsonSchema): Promise<JsonObject> {
  const body = await toBody(readFlags(tokens), schema);
  return "json" in body ? (body.json as JsonObject) : {};
}

async function list(
  { terminal }: Cli,
  client: Client,
  path: string,
  { limit, ...filter }: JsonObject,
  columns: readonly string[],
): Promise<void> {
  const most = limit === undefined ? 20 : wholeNumber("--limit", textOf(limit), 1_000_000);
  const { members, hasMore } = await requestSome(client, path, texts(filter), most);
  const rows = (members as JsonObject[]).map((member) => columns.map((name) => printable(cell(member[name] ?? null))));
  printResult(terminal, members, () =>
    table(
      columns.map((name) => name.toUpperCase().replaceAll("_", " ")),
      rows,
    ),
  );
  if (hasMore && terminal.interactive) terminal.err(`There are more: --limit ${most * 10}\n`);
}

async function run(cli: Cli, client: Client, { http }: Command, path: string, input: JsonObject): Promise<void> {
  const isRead = http.method === "GET" || http.method === "DELETE";
  const query = isRead ? new URLSearchParams(texts(input)).toString() : "";
  const answer = isRead
    ? await requestJson(client, http.method, `${path}${query && `?${query}`}`)
    : await requestJson(client, http.method, path, { json: input });
  const { result } = answer as { result: Json };
  printResult(cli.terminal, result, () => printRecord(result));
  // Asked to try something, it did, and tells that it did not go well.
  if (isObject(result) && (result.ok === false || result.complete === false)) cli.exitCode = 1;
}

function texts(input: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, textOf(value)]));
}

function cell(value: Json): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.map(textOf).join(", ") : textOf(value);
}
