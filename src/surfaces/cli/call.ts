import { accessSync, constants, createWriteStream, statSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { messageOf, TidewireError } from "../../kernel/errors.ts";
import { nearest } from "../../manifest/nearest.ts";
import { type Flags, readFlags, toBody } from "./arguments.ts";
import { runAndWait } from "./await-job.ts";
import type { Cli } from "./cli.ts";
import { type Client, type ClientResponse, problemError, readText } from "./client.ts";
import { withClient } from "./connect.ts";
import { type ConnectorView, connectorsOf, type OperationView } from "./connectors.ts";
import { usageError } from "./terminal.ts";

interface OwnFlags {
  connection?: string | undefined;
  fields?: string | undefined;
  output?: string | undefined;
  wait?: boolean | undefined;
}

/** `tidewire call`: run one operation, its inputs as flags. */
export function addCall(program: Command, cli: Cli): void {
  program
    .command("call")
    .description("run an operation: tidewire call files.upload --file @report.pdf")
    .argument("<operation>", "resource.operation, such as messages.create (see `tidewire list`)")
    .argument(
      "[inputs...]",
      "--name value for each input (@file.json where it takes objects); --input '{…}' or --input @file.json for all at once",
    )
    .option("--connection <name>", "the account to use")
    .option("--fields <fields>", "selected (the connector's fields) or raw (the provider's own record)")
    .option("--output <file>", "where to write what is downloaded")
    .option("--wait", "let the server run it and wait for its end, telling how far it is; then give its results")
    .option("--yes", "do not ask before an operation that cannot be undone")
    .option("--force", "the same as --yes")
    .allowUnknownOption()
    .action(async (operation: string, inputs: string[], options: OwnFlags & { yes?: boolean; force?: boolean }) => {
      if (operation.startsWith("-"))
        throw usageError("Name the operation first: tidewire call <operation> --name value");
      const flags = readFlags(inputs);
      const { connection, fields, output, wait } = options;
      const own = { connection, fields, output, wait };
      const sure = options.yes === true || options.force === true;
      await withClient(cli, (client) => call(cli, client, operation, flags, own, sure));
    });
}

async function call(cli: Cli, client: Client, name: string, flags: Flags, own: OwnFlags, sure: boolean): Promise<void> {
  if (own.output !== undefined) mustBeWritable(own.output);
  const { connector, operation, called } = find(await connectorsOf(client), name);
  if (operation.confirm && !sure && !(await cli.terminal.confirm(`${operation.name} cannot be undone. Go on?`))) {
    throw usageError(`${operation.name} cannot be undone; run it with --yes if you mean it.`);
  }
  const query = new URLSearchParams();
  if (own.connection) query.set("connection", own.connection);
  if (own.fields) query.set("fields", own.fields);
  const path = `/v1/connectors/${connector.handle}/operations/${encodeURIComponent(called)}?${query.toString()}`;
  const body = await toBody(flags, operation.input);
  const response = own.wait ? await runAndWait(cli, client, path, body) : await client.request("POST", path, body);
  await print(cli, response, own.output);
}

/** `called`: its name as the caller gave it, for an alias has arguments of its own shape. */
interface Found {
  connector: ConnectorView;
  operation: OperationView;
  called: string;
}

function find(connectors: ConnectorView[], name: string): Found {
  for (const connector of connectors) {
    const handle = [connector.handle, ...connector.aliases].find((one) => name.startsWith(`${one}.`));
    const called = handle === undefined ? name : name.slice(handle.length + 1);
    const operation = connector.operations.find((one) => namesOf(connector, one).includes(called));
    if (operation) return { connector, operation, called };
  }
  const guess = nearest(
    name,
    connectors.flatMap((connector) => connector.operations.flatMap((o) => [o.name, ...o.aliases])),
  );
  const hint = guess === null ? "`tidewire list` shows all." : `Did you mean "${guess}"?`;
  throw new TidewireError("not_found", `There is no operation "${name}". ${hint}`);
}

function namesOf({ base_path }: ConnectorView, { name, aliases, method, path }: OperationView): string[] {
  return [name, ...aliases, `${method} ${path}`, `${method} ${base_path}${path}`];
}

/** What is found out before the call, for a call may cost money. */
function mustBeWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw usageError(`${file} cannot be written: ${messageOf(error)}`);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw usageError(`${file} is a folder; name a file in it.`);
  }
}

async function print(cli: Cli, response: ClientResponse, output: string | undefined): Promise<void> {
  if (response.status >= 400) throw problemError(response.status, await readText(response.body));
  const bytes = printed(cli, response);
  if (output === undefined) {
    for await (const chunk of bytes) await cli.terminal.outBytes(chunk);
    return;
  }
  await pipeline(Readable.from(bytes), createWriteStream(output));
  if (cli.terminal.json) cli.terminal.out(`${JSON.stringify({ output })}\n`);
  else cli.terminal.err(`written to ${output}\n`);
}

/** JSON for people is the result alone; everything else is as it came. */
async function* printed({ terminal }: Cli, { headers, body }: ClientResponse): AsyncGenerator<Uint8Array> {
  if (!headers["content-type"]?.startsWith("application/json")) return yield* body;
  const answer = JSON.parse(await readText(body)) as { result: unknown };
  yield Buffer.from(`${JSON.stringify(terminal.json ? answer : answer.result, null, 2)}\n`);
}
