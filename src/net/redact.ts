const MASK = "[secret]";

/** Names of headers and query parameters whose value is a secret. A page token or a count of tokens is none. */
const SECRET_NAME =
  /(^|[-_.])(authorization|auth|cookie|password|passwd|secret|signature|sig|credentials?|session|jwt)$|^(api|private)?key$|(api|access|secret|private|admin|subscription|shared|signing)[-_.]?key$|(?<!page[-_.]?)token$/i;

/** A copy whose secret values are masked: those with a well-known name and those named in `extraNames`, in any case. */
export function redactHeaders(
  headers: Readonly<Record<string, string>>,
  extraNames: readonly string[],
): Record<string, string> {
  const isSecret = secretNames(extraNames);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isSecret(name) ? MASK : value]));
}

/** The URL without user and password and without the values of secret query parameters; all else stays byte for byte. */
export function redactUrl(url: string, extraNames: readonly string[] = []): string {
  const isSecret = secretNames(extraNames);
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${MASK}@`)
    .replace(/([?&])([^=&#]+)=[^&#]*/g, (whole, sign: string, name: string) =>
      isSecret(name) ? `${sign}${name}=${MASK}` : whole,
    );
}

function secretNames(extraNames: readonly string[]): (name: string) => boolean {
  const extra = new Set(extraNames.map((name) => name.toLowerCase()));
  return (name) => SECRET_NAME.test(name) || extra.has(name.toLowerCase());
}
