/** Who may be called. Made once from the operator's list; see `createTargetPolicy`. */
export interface TargetPolicy {
  /** The parsed URL. Throws with the reason when it may not be called; makes no look-up. */
  checkUrl(raw: string): URL;
  /** Null when the address may be connected to for this host, else the reason. */
  refusal(address: string, hostname: string, port: number): string | null;
}
