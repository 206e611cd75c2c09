import { withoutCredentials } from "../engine/authorize.ts";
import { oncePer } from "../engine/once-per.ts";
import { type Json, ownMember } from "../kernel/json.ts";
import { jsoncParser } from "../kernel/when-needed.ts";
import type { Connector, Field, Operation, Pagination, Resource } from "../manifest/connector.ts";
import type { Selector } from "../manifest/select.ts";
import { leadsBelow } from "./proxy-target.ts";

type Path = (string | number)[];

const placesOf = oncePer<Operation, Selector[]>();

/** Where in an operation's JSON answer the manifest says that a link stands (`link: true`); empty for an answer without any. */
export function linkPlaces(resource: Resource, operation: Operation): readonly Selector[] {
  return placesOf(operation, () => {
    const { type, records, rootArray } = operation.response;
    if (type !== "json" || operation.output !== null) return [];
    const above: Selector[] = records === null ? [[]] : [[...records, "*"], ...(rootArray ? [["*"]] : [])];
    return [...above.flatMap((record) => linksAmong(resource.fields, record)), ...nextPages(operation.pagination)];
  });
}

function linksAmong(fields: readonly Field[], above: Selector): Selector[] {
  return fields.flatMap(({ link, selector, alternatives, type, fields: within }) => {
    const each = type === "Array" ? ["*"] : [];
    const own = link ? [selector, ...alternatives].map((place) => [...above, ...place, ...each]) : [];
    return [...own, ...linksAmong(within ?? [], [...above, ...selector, ...each])];
  });
}

/** An address of the next page is a link too. */
function nextPages(pagination: Pagination): Selector[] {
  if (pagination.style === "firstMatch") return pagination.choices.flatMap(nextPages);
  return pagination.style === "next_url" ? [pagination.next] : [];
}

/**
 * A JSON text, whose value is `answer`, with each link at one of the places made another by `change`; every other character
 * stays as it is.
 */
export function changeLinks(
  text: string,
  answer: Json,
  places: readonly Selector[],
  change: (link: string) => string,
): string {
  const links = new Map<string, string>();
  for (const path of places.flatMap((place) => locate(answer, place, []))) {
    const link = path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], answer);
    if (typeof link === "string" && change(link) !== link) links.set(JSON.stringify(path), change(link));
  }
  return links.size === 0 ? text : replaced(text, links);
}

/** Where links to the provider lead instead. */
export interface ProxyAddress {
  connector: Pick<Connector, "auths">;
  /** Of the proxy, for the connector. */
  address: string;
  /** As the caller named it. */
  connection: string | undefined;
  /** Path of the connection's base URL. */
  base: string;
}

/** A link to the provider as one to the proxy, whatever its host: the path decides. Other texts stay. */
export function linkToProxy(link: string, { connector, address, connection }: ProxyAddress): string {
  const parsed = URL.parse(link, NOWHERE);
  if (parsed === null || parsed.origin === NOWHERE || !/^https?:$/.test(parsed.protocol)) return link;
  const url = withoutCredentials(parsed, connector);
  const named = connection === undefined ? "" : `connection=${encodeURIComponent(connection)}`;
  const query = [url.search.slice(1), named].filter(Boolean).join("&");
  return address + url.pathname + (query && `?${query}`) + url.hash;
}

/** Headers that hold links. */
const LINK_HEADERS: readonly string[] = ["location", "content-location", "link"];

/**
 * Changes, in place, the links of headers that lead to the provider at `from`. What does not lead below its base URL cannot be
 * reached by the proxy, and goes on leading to the provider itself.
 */
export function changeLinkHeaders(headers: Record<string, string>, from: URL, placeOf: () => ProxyAddress): void {
  const changed = (link: string) => {
    const url = URL.parse(link, from.href);
    if (url?.origin !== from.origin) return link;
    const place = placeOf();
    if (leadsBelow(place.base, url.pathname)) return linkToProxy(url.href, place);
    return withoutCredentials(url, place.connector).href;
  };
  for (const name of LINK_HEADERS) {
    const value = headers[name];
    if (value === undefined) continue;
    headers[name] =
      name === "link" ? value.replace(/<([^<>]*)>/g, (_, link: string) => `<${changed(link)}>`) : changed(value);
  }
}

/** Tells links that name no host from those that do. */
const NOWHERE = "https://nowhere.invalid";

/** Every path that a selector of keys, indexes and `*` takes through a value. */
function locate(value: unknown, [step, ...rest]: Selector, path: Path): Path[] {
  if (step === undefined) return [path];
  if (Array.isArray(value)) {
    const from = step === "*" ? 0 : Number(step);
    const members = [...value.entries()].filter(([n]) => step === "*" || n === (from < 0 ? value.length + from : from));
    return members.flatMap(([n, member]) => locate(member, rest, [...path, n]));
  }
  const member = ownMember(value, String(step));
  return member === undefined ? [] : locate(member, rest, [...path, step]);
}

function replaced(text: string, links: ReadonlyMap<string, string>): string {
  const pieces: string[] = [];
  let done = 0;
  jsoncParser().visit(text, {
    onLiteralValue(value, offset, length, _line, _column, pathOf) {
      const link = typeof value === "string" ? links.get(JSON.stringify(pathOf())) : undefined;
      if (link === undefined) return;
      pieces.push(text.slice(done, offset), JSON.stringify(link));
      done = offset + length;
    },
  });
  return pieces.join("") + text.slice(done);
}
