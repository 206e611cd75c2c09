import type { Command } from "commander";
import { TidewireError } from "../../kernel/errors.ts";
import { connectorJsonSchema, resourceJsonSchema } from "../../manifest/json-schema.ts";
import { loadConnectors } from "../../manifest/load.ts";
import type { Cli } from "./cli.ts";
import { printResult } from "./terminal.ts";

/** `tidewire lint | explain | schema`: what one needs to write a manifest; no server, no database. */
export function addManifest(program: Command, cli: Cli): void {
  program
    .command("lint")
    .description("check manifests: every mistake with its place and its mend")
    .argument("[files...]", "paths of connector.json; those in force, if left out")
    .option("--strict", "fail on warnings too")
    .action((files: string[], { strict }: { strict?: boolean }) => lint(cli, files, strict === true));
  program
    .command("explain")
    .description("print a manifest as the product reads it, every default filled in")
    .argument("[file]", "path of connector.json; those in force, if left out")
    .action((file: string | undefined) => {
      const { connectors } = loadConnectors(file === undefined ? cli.product.connectorPaths(cli.config()) : [file]);
      for (const connector of connectors) cli.terminal.out(`${JSON.stringify(connector, null, 2)}\n`);
    });
  program
    .command("schema")
    .description("print the JSON Schema of connector.json or of a resource file, for editors")
    .argument("[kind]", "connector or resource", "connector")
    .action((kind: string) => {
      if (kind !== "connector" && kind !== "resource") {
        throw new TidewireError("invalid_input", `"${kind}" has no schema; write connector or resource.`);
      }
      const schema = kind === "connector" ? connectorJsonSchema() : resourceJsonSchema();
      cli.terminal.out(`${JSON.stringify(schema, null, 2)}\n`);
    });
}

function lint(cli: Cli, files: string[], strict: boolean): void {
  const { connectors, findings } = loadConnectors(files.length > 0 ? files : cli.product.connectorPaths(cli.config()));
  const names = connectors.map(({ handle }) => handle).join(", ");
  printResult(cli.terminal, { connectors: connectors.map(({ handle }) => handle), findings }, () =>
    findings.length === 0
      ? `${names}: nothing amiss.`
      : [
          ...findings.map((f) => `${f.at}  ${f.id}\n    ${f.message}\n    ${f.mend}`),
          "",
          `${names}: ${findings.length} ${findings.length === 1 ? "warning" : "warnings"}; it loads and runs.`,
        ].join("\n"),
  );
  if (strict && findings.length > 0) {
    throw new TidewireError("manifest_invalid", "--strict: warnings count as mistakes.");
  }
}
