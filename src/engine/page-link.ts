/** Targets of a Link header by relation (RFC 8288), in lower case. */
export function linkTargets(header: string): Map<string, string> {
  const targets = new Map<string, string>();
  for (const [, target = "", params = ""] of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)/g,
  )) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]+))/i.exec(params);
    for (const relation of (relations?.[1] ?? relations?.[2] ?? "").toLowerCase().split(/\s+/)) {
      if (relation !== "" && !targets.has(relation)) targets.set(relation, target);
    }
  }
  return targets;
}

/**
 * What of a link leads from an operation's own path to a page: what stands below that path, and the query. So a link can never
 * lead a credential, or a caller who makes up a cursor, to another operation. Null for a link of which nothing is left.
 */
export function pageToken(link: URL, ownPath: string): string | null {
  const { pathname, search } = link;
  const below = pathname.startsWith(`${ownPath}/`) ? pathname.slice(ownPath.length) : "";
  return below === "" && search === "" ? null : below + search;
}

/** The path below the operation's own and the query of a token that `pageToken` made. */
export function splitToken(token: string): { below: string; query: URLSearchParams } {
  const at = token.indexOf("?");
  return at < 0
    ? { below: token, query: new URLSearchParams() }
    : { below: token.slice(0, at), query: new URLSearchParams(token.slice(at)) };
}
