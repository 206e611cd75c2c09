import { parseDuration } from "../../kernel/duration.ts";
import type { Operation, Poller, Resource, Schedule } from "../connector.ts";
import type { PollerSource, ResourceSource } from "../schema/resource.ts";
import type { ConnectorSource } from "../schema/service.ts";
import type { Selector } from "../select.ts";
import { ASSUMED_POLLER, normaliseEvents } from "./events.ts";
import { normaliseOperation } from "./operation.ts";
import { DEFAULT_MAX_PAGES } from "./pagination.ts";
import { headerRules, normaliseField, normaliseMeta } from "./parts.ts";

const DEFAULT_SCHEDULE = { every: "1m" };
const DEFAULT_FULL_SWEEP = "1d";
/** How much slower a poller is whose events nobody wants. */
const UNWATCHED_TIMES = 5;
const UNWATCHED_AT_MOST_MS = 3_600_000;

export function normaliseResource(source: ResourceSource, connector: ConnectorSource): Resource {
  const operations = Object.fromEntries(
    Object.entries(source.operations ?? {}).map(([name, o]) => [name, normaliseOperation(name, o, source, connector)]),
  );
  const events = normaliseEvents(source, connector.handle);
  const key = source.key ?? ["id"];
  const needsMain = events.some(({ source: s }) => s.type === "poll" && s.poller === ASSUMED_POLLER);
  const assumed = needsMain && operations.list !== undefined ? { [ASSUMED_POLLER]: { operation: "list" } } : {};
  return {
    handle: source.handle,
    parent: source.parent ?? null,
    meta: normaliseMeta(source.meta, source.handle),
    endpoint: source.endpoint.value.replace(/\/+$/, ""),
    headers: headerRules(source.headers),
    auth: source.auth ?? "default",
    key,
    fields: (source.fields ?? []).map(normaliseField),
    operations,
    pollers: Object.fromEntries(
      Object.entries({ ...assumed, ...source.pollers }).map(([name, p]) => [
        name,
        normalisePoller(name, p, key, operations),
      ]),
    ),
    events,
    sample: source.sample ?? null,
  };
}

function normalisePoller(
  name: string,
  source: PollerSource,
  key: Selector,
  operations: Record<string, Operation>,
): Poller {
  const confirm = source.absent?.confirm ?? (operations.read === undefined ? null : "read");
  const confirming = confirm === null ? undefined : operations[confirm];
  return {
    name,
    operation: source.operation,
    input: source.input ?? {},
    forEach: source.forEach ?? null,
    schedule: schedule(source.schedule ?? DEFAULT_SCHEDULE),
    mode: source.mode ?? "snapshot",
    key: source.key ?? key,
    track: source.track ? { open: source.track.open, operation: source.track.operation ?? "read" } : null,
    fullSweepEveryMs: parseDuration(source.fullSweepEvery ?? DEFAULT_FULL_SWEEP),
    fingerprint: source.fingerprint?.include ?? null,
    first: "baseline",
    absent: {
      polls: source.absent?.polls ?? 2,
      confirm,
      maxFraction: source.absent?.maxFraction ?? 0.5,
      notFound: source.absent?.notFound ?? confirming?.errors.notFound ?? [404],
    },
    maxPages: source.maxPages ?? DEFAULT_MAX_PAGES,
  };
}

function schedule(source: NonNullable<PollerSource["schedule"]>): Schedule {
  const { everyWhileOpen: open, everyUnwatched: unwatched } = source;
  const whileOpenMs = open === undefined ? null : parseDuration(open);
  const said = unwatched === undefined ? null : parseDuration(unwatched);
  if ("cron" in source) {
    return { cron: source.cron, timezone: source.timezone ?? "UTC", whileOpenMs, unwatchedMs: said };
  }
  const everyMs = parseDuration(source.every);
  const slower = Math.max(everyMs, Math.min(UNWATCHED_TIMES * everyMs, UNWATCHED_AT_MOST_MS));
  return { everyMs, whileOpenMs, unwatchedMs: said ?? slower };
}
