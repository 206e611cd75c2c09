import type { JsonObject } from "../../src/kernel/json.ts";
import type { Connector } from "../../src/manifest/connector.ts";
import { findEvent, findOperation, pathOf } from "../../src/manifest/triggers.ts";

/** A name of one of the catalogues that the connector began from: an operation with a call as that catalogue writes it, or an event. */
export interface SeedName {
  name: string;
  /** How it is called today, where not by that name. */
  call?: string;
  /** Further names of it in the same catalogue. */
  also?: string[];
  operation?: string;
  arguments?: JsonObject;
  event?: string;
  /** What the catalogue had wrong, or what has changed since. */
  note?: string;
}

export interface Catalogue {
  catalogue: string;
  kind: string;
  names: SeedName[];
}

/** `docs/reference/seed-map.md`: every name of every catalogue, with the operation or event that it leads to in the connector. */
export function printSeedMap(catalogues: readonly Catalogue[], connector: Connector): string {
  return [
    "# The catalogues, and what their names lead to",
    "",
    "Generated from `seed-names.json` and the connector: `npx vitest run test/house/seed-map.test.ts -u`. Do not edit.",
    "",
    `The connector \`${connector.handle}\` covers four public catalogues of the Claude API. Every name of theirs is accepted where an operation is named (without what we remark in parentheses),`,
    "with the arguments in the shape that catalogue gives them (where it invented parameters, those of the API): by `tidewire call`, by `POST /v1/connectors/…/operations/{name}`, and in code.",
    "The last column says what the catalogue had wrong, or what has changed since it was written.",
    ...catalogues.flatMap((catalogue) => ["", ...tableOf(catalogue, connector)]),
    "",
  ].join("\n");
}

function tableOf({ catalogue, kind, names }: Catalogue, connector: Connector): string[] {
  const rows = names.map((seed) =>
    seed.event === undefined ? operationRow(seed, connector) : eventRow(seed, connector),
  );
  return [
    `## ${catalogue}: ${names.length} ${kind}`,
    "",
    "| Name | Arguments | Leads to | Upstream | Mind |",
    "|---|---|---|---|---|",
    ...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`),
  ];
}

function operationRow({ name, call, also, arguments: given, note }: SeedName, connector: Connector): string[] {
  const found = findOperation(connector, call ?? name);
  if (found === null) throw new Error(`"${call ?? name}" leads nowhere`);
  const { resource, operation } = found;
  const names = [name, ...(call === undefined || name.startsWith(call) ? [] : [call]), ...(also ?? [])];
  const leads = operation.unsupported === null ? code(operation.id) : `${code(operation.id)}: unsupported`;
  const upstream =
    operation.unsupported === null ? code(`${operation.method} ${pathOf(resource, operation)}`) : "nothing";
  return [names.map(code).join(" "), code(JSON.stringify(given ?? {})), leads, upstream, note ?? ""];
}

function eventRow({ name, event, note }: SeedName, connector: Connector): string[] {
  const found = findEvent(connector, event ?? name);
  if (found === null) throw new Error(`there is no event "${event ?? name}"`);
  return [code(name), "", `event ${code(found.event.type)}`, code(found.event.path), note ?? ""];
}

function code(text: string): string {
  return `\`${text}\``;
}
