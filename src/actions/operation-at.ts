import { oncePer } from "../engine/once-per.ts";
import { remembered } from "../kernel/remembered.ts";
import type { Connector, Operation, Resource } from "../manifest/connector.ts";
import { operationsOf } from "../manifest/triggers.ts";

/** An operation known by its method and path. */
export interface PlacedOperation {
  resource: Resource;
  operation: Operation;
}

interface Route extends PlacedOperation {
  segments: Segment[];
}

/** One that is fixed, or a pattern of what may stand there. */
type Segment = string | RegExp;

/** Routes by method and number of segments, those with fixed segments first. */
type Routes = Map<string, Route[]>;

const routesOf = oncePer<Connector, Routes>();

/** Most requests ask for what others asked for before. */
const MOST_ASKED = 200;
const placedOf = oncePer<Connector, (asked: string) => { placed: PlacedOperation | null }>();

/**
 * The operation that a method and a path below the base URL name; null when there is none. A fixed segment counts more than a
 * placeholder, and HEAD asks for what GET would give.
 */
export function operationAt(connector: Connector, method: string, path: string): PlacedOperation | null {
  const find = placedOf(connector, () =>
    remembered(MOST_ASKED, (asked) => {
      const at = asked.indexOf(" ");
      return { placed: placeIn(connector, asked.slice(0, at), asked.slice(at + 1)) };
    }),
  );
  return find(`${method} ${path}`).placed;
}

function placeIn(connector: Connector, method: string, path: string): PlacedOperation | null {
  const given = segmentsOf(path);
  const routes = routesOf(connector, () => compileRoutes(connector));
  const found = routes.get(`${method} ${given.length}`)?.find(({ segments }) => segments.every(fits(given)));
  if (found === undefined && method === "HEAD") return placeIn(connector, "GET", path);
  return found ?? null;
}

const endpointsOf = oncePer<Connector, { auth: string; segments: Segment[] }[]>();

/**
 * The credential for a path that no operation names: that of the resource whose endpoint it goes on from, else of the one whose
 * endpoint shares most of its beginning.
 */
export function authAt(connector: Connector, path: string): string {
  const given = segmentsOf(path);
  const endpoints = endpointsOf(connector, () =>
    connector.resources.map(({ auth, endpoint }) => ({ auth, segments: compileSegments(endpoint) })),
  );
  let nearest = { auth: "default", isWhole: false, shared: 0 };
  for (const { auth, segments } of endpoints) {
    const differs = segments.findIndex((segment, n) => !fits(given)(segment, n));
    const isWhole = differs < 0;
    const shared = isWhole ? segments.length : differs;
    const isNearer = isWhole === nearest.isWhole ? shared > nearest.shared : isWhole;
    if (isNearer) nearest = { auth, isWhole, shared };
  }
  return nearest.auth;
}

function compileRoutes(connector: Connector): Routes {
  const routes: Routes = new Map();
  for (const { resource, operation } of operationsOf(connector)) {
    if (operation.unsupported !== null) continue;
    const segments = compileSegments(resource.endpoint + operation.path);
    const key = `${operation.method} ${segments.length}`;
    routes.set(key, [...(routes.get(key) ?? []), { resource, operation, segments }]);
  }
  for (const alike of routes.values()) alike.sort(fixedFirst);
  return routes;
}

function fixedFirst(a: Route, b: Route): number {
  const at = a.segments.findIndex(
    (segment, n) => (typeof segment === "string") !== (typeof b.segments[n] === "string"),
  );
  if (at < 0) return 0;
  return typeof a.segments[at] === "string" ? -1 : 1;
}

const HOLE = /\{\{.*?\}\}/;

function compileSegments(template: string): Segment[] {
  return segmentsOf(template).map((segment) => {
    if (!HOLE.test(segment)) return segment;
    const fixed = segment.split(HOLE).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${fixed.join(".+")}$`, "s");
  });
}

/** The segments of a path, decoded as the provider would. */
function segmentsOf(path: string): string[] {
  return path.split("/").slice(1).map(decoded);
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function fits(given: readonly string[]): (segment: Segment, n: number) => boolean {
  return (segment, n) => {
    const text = given[n];
    if (text === undefined) return false;
    return typeof segment === "string" ? segment === text : segment.test(text);
  };
}
