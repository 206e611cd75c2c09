/** What a key may do (CONTRACT). `admin` contains all others. */
export const SCOPES = [
  "actions:read",
  "actions:write",
  "subscriptions",
  "connections",
  "events",
  "metrics",
  "admin",
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who calls: a key, with its scopes and, when it is bound, the connection ids it may touch. */
export interface Actor {
  keyId: string;
  name: string;
  scopes: readonly Scope[];
  /** Connection ids; null = all. */
  connections: readonly string[] | null;
}

export function hasScope(actor: Actor, scope: Scope): boolean {
  return actor.scopes.includes(scope) || actor.scopes.includes("admin");
}

export function mayUseConnection(actor: Actor, connectionId: string): boolean {
  return actor.connections === null || actor.connections.includes(connectionId);
}

/** Owners see their own things; admins see all, unless they are bound to connections: others' things may be of other ones. */
export function mayTouch(actor: Actor, owner: string): boolean {
  const visible = visibleOwner(actor);
  return visible === null || visible === owner;
}

/** Whose things a listing shows: the owner's own; null = everybody's, for admins that are bound to no connection. */
export function visibleOwner(actor: Actor): string | null {
  return hasScope(actor, "admin") && actor.connections === null ? null : actor.keyId;
}

/** A stored API key; the key itself is known only by its SHA-256 (hex). */
export interface ApiKey extends Actor {
  hash: string;
  createdAt: number;
  revokedAt: number | null;
}
