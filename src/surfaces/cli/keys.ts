import type { Command } from "commander";
import type { JsonObject } from "../../kernel/json.ts";
import { SCOPES } from "../../model/actor.ts";
import type { Cli } from "./cli.ts";
import { requestAll, requestJson } from "./client.ts";
import { withClient } from "./connect.ts";
import { printResult, table } from "./terminal.ts";

/** `tidewire keys create | list | revoke`. */
export function addKeys(program: Command, cli: Cli): void {
  const keys = program.command("keys").description("make, list and revoke API keys");
  keys
    .command("create")
    .description("make a key; it is shown this once")
    .argument("<name>", "what it is for")
    .requiredOption("--scopes <scopes>", `comma-separated: ${SCOPES.join(", ")}`)
    .option("--connections <names>", "comma-separated connections it is bound to (all, if left out)")
    .action(async (name: string, options: { scopes: string; connections?: string }) => {
      const json: JsonObject = { name, scopes: listed(options.scopes) };
      if (options.connections) json.connections = listed(options.connections);
      const { result } = (await withClient(cli, (client) => requestJson(client, "POST", "/v1/keys", { json }))) as {
        result: { id: string; key: string };
      };
      printResult(cli.terminal, result, () => `${result.key}\n\nIts id is ${result.id}. The key is not shown again.`);
    });
  keys
    .command("list")
    .description("list the keys")
    .action(async () => {
      const all = (await withClient(cli, (client) => requestAll(client, "/v1/keys"))) as JsonObject[];
      printResult(cli.terminal, all, () =>
        table(
          ["ID", "NAME", "SCOPES", "CREATED", "REVOKED"],
          all.map((k) =>
            [k.id, k.name, (k.scopes as string[]).join(" "), k.created_at, k.revoked_at ?? ""].map(String),
          ),
        ),
      );
    });
  keys
    .command("revoke")
    .description("revoke a key at once, with the subscriptions it made")
    .argument("<id>", "the key's id, key_…")
    .action(async (id: string) => {
      const answer = await withClient(cli, (client) =>
        requestJson(client, "DELETE", `/v1/keys/${encodeURIComponent(id)}`),
      );
      printResult(cli.terminal, (answer as JsonObject).result, () => `${id} is revoked.`);
    });
}

function listed(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
