import type { PaginationRuleSource } from "../schema/pagination.ts";
import type { AuthSource } from "../schema/service.ts";
import type { Path } from "../source.ts";
import {
  type Manifest,
  type OperationView,
  operationViews,
  type ResourceView,
  type Rule,
  resourcesOf,
  type Spot,
} from "./rule.ts";

const RUN_AUTHS: readonly string[] = ["api_token", "bearer"] satisfies AuthSource["method"][];
const RUN_STYLES: readonly string[] = ["none", "cursor", "link_header"];
const RUN_BODIES: readonly string[] = ["json", "multipart"];

/** Well-formed, but nothing here runs it yet: refused rather than silently ignored. */
export const UNSUPPORTED: readonly Rule[] = [
  {
    id: "unsupported",
    severity: "error",
    check: (manifest) => [
      ...ofService(manifest),
      ...resourcesOf(manifest).flatMap(ofResource),
      ...operationViews(manifest).flatMap(ofOperation),
    ],
  },
];

function ofService({ source }: Manifest): Spot[] {
  const { service, unified, aliases, paginations } = source.connector;
  const at = (path: Path, what: string): Spot => spot(null, path, what);
  const auths = Object.entries({ ...(service.auth ? { default: service.auth } : {}), ...service.auths });
  return [
    ...when(unified, () => at(["unified"], "A mapping on a unified model (`unified`)")),
    ...when(aliases, () => at(["aliases"], "Another name of a connector (`aliases`)")),
    ...when(service.rateLimit, () => at(["service", "rateLimit"], "A rate limit of our own (`rateLimit`)")),
    ...when(service.errors?.map, () => at(["service", "errors", "map"], "A map of statuses (`errors.map`)")),
    ...auths
      .filter(([, auth]) => !RUN_AUTHS.includes(auth.method))
      .map(([name, auth]) =>
        at(
          ["service", ...(name === "default" ? ["auth"] : ["auths", name]), "method"],
          `The method \`${auth.method}\``,
        ),
      ),
    ...Object.entries(paginations ?? {}).flatMap(([name, rule]) => ofPagination(null, ["paginations", name], rule)),
  ];
}

function ofResource({ index, source }: ResourceView): Spot[] {
  const pollers = Object.entries(source.pollers ?? {}).flatMap(([name, poller]) => {
    const at = (key: string, what: string): Spot => spot(index, ["pollers", name, key], what);
    return [
      ...when(poller.forEach, () => at("forEach", "Polling of sub-resources (`forEach`)")),
      ...when(poller.track, () => at("track", "Tracking of open items (`track`)")),
      ...when(poller.fullSweepEvery, () => at("fullSweepEvery", "A full sweep every so often (`fullSweepEvery`)")),
      ...when(poller.key, () => at("key", "A poller's own `key` (use the resource's)")),
      ...when(poller.mode === "head" || undefined, () => at("mode", "The mode `head`")),
    ];
  });
  const inbound = (source.webhooks ?? []).flatMap((webhook, n) =>
    webhook.source?.type === "inbound"
      ? [spot(index, ["webhooks", n, "source"], "A native webhook of the provider (`inbound`)")]
      : [],
  );
  const mapped = (source.aliases ?? []).flatMap((alias, n) =>
    typeof alias === "object" && alias.input !== undefined
      ? [spot(index, ["aliases", n, "input"], "An alias with arguments of its own")]
      : [],
  );
  return [
    ...when(source.parent, () => spot(index, ["parent"], "A resource within another (`parent`)")),
    ...pollers,
    ...inbound,
    ...mapped,
  ];
}

function ofOperation({ index, path, operationSource: source }: OperationView): Spot[] {
  const at = (keys: Path, what: string): Spot => spot(index, [...path, ...keys], what);
  const { body, pagination } = source;
  return [
    ...when(source.async, () => at(["async"], "An operation that is waited for (`async`)")),
    ...when(source.expose, () => at(["expose"], "A choice of surfaces (`expose`)")),
    ...when(source.errors?.map, () => at(["errors", "map"], "A map of statuses (`errors.map`)")),
    ...(body && !RUN_BODIES.includes(body.encoding)
      ? [at(["body", "encoding"], `A body of encoding \`${body.encoding}\``)]
      : []),
    ...(typeof pagination === "object" ? ofPagination(index, [...path, "pagination"], pagination) : []),
    ...(source.aliases ?? []).flatMap((alias, n) =>
      typeof alias === "object" && alias.input !== undefined
        ? [at(["aliases", n, "input"], "An alias with arguments of its own")]
        : [],
    ),
  ];
}

function ofPagination(resource: number | null, path: Path, rule: PaginationRuleSource): Spot[] {
  const styles = "firstMatch" in rule ? rule.firstMatch : [rule];
  return styles.flatMap((style, n) => {
    const at = "firstMatch" in rule ? [...path, "firstMatch", n] : path;
    if (!RUN_STYLES.includes(style.style))
      return [spot(resource, [...at, "style"], `Pagination by \`${style.style}\``)];
    return "in" in style && style.in === "body" ? [spot(resource, [...at, "in"], "A page's token in the body")] : [];
  });
}

function spot(resource: number | null, path: Path, what: string): Spot {
  return {
    resource,
    path,
    message: `${what} is not supported by this version.`,
    mend: "Take it out; it would have no effect.",
  };
}

function when(value: unknown, make: () => Spot): Spot[] {
  return value === undefined ? [] : [make()];
}
