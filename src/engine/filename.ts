/** The filename that a `content-disposition` gives (RFC 6266), its last path component; null when there is none. */
export function filenameOf(disposition: string | undefined): string | null {
  if (disposition === undefined) return null;
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1];
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1]?.replace(/\\(.)/g, "$1");
  const bare = /;\s*filename\s*=\s*([^";\s]+)/i.exec(disposition)?.[1];
  const name = (extended && decoded(extended)) ?? quoted ?? bare;
  return name?.split(/[/\\]/).at(-1) || null;
}

/** Undefined for a broken percent encoding, so that the plain form counts. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
