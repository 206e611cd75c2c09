/** True when a `Prefer` header (RFC 7240) asks for an answer at once and the result later. */
export function prefersAsync(header: string | undefined): boolean {
  const preferences = header?.split(",") ?? [];
  return preferences.some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference));
}
