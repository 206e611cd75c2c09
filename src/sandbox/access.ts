import { ApiError, invalidRequest } from "./api-error.ts";
import type { ApiVersion } from "./endpoint.ts";

/** Which keys are good; `any`: every key that looks like one (see `realmOf`). */
export type SandboxKeys = { api: readonly string[]; admin: readonly string[] } | "any";

/** What a key opens: the workspace's API, or the Admin API. The two are never interchangeable. */
export type Realm = "workspace" | "admin";

/** The header of the request that is read here. */
type ReadHeader = (name: string) => string | undefined;

/** Throws 401 unless the request carries a key of the realm, in `x-api-key` or as a bearer token. */
export function authenticate(header: ReadHeader, realm: Realm, keys: SandboxKeys): void {
  const key = header("x-api-key") ?? bearer(header("authorization"));
  if (key === undefined) throw unauthenticated("x-api-key header is required");
  if (realmOf(key, keys) !== realm) throw unauthenticated("invalid x-api-key");
}

function realmOf(key: string, keys: SandboxKeys): Realm | null {
  if (keys === "any") {
    if (key.startsWith("sk-ant-invalid")) return null;
    if (key.startsWith("sk-ant-admin") || key.startsWith("sandbox-admin")) return "admin";
    return key.startsWith("sk-ant-") || key.startsWith("sandbox") ? "workspace" : null;
  }
  if (keys.api.includes(key)) return "workspace";
  return keys.admin.includes(key) ? "admin" : null;
}

function bearer(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer (.+)$/i.exec(authorization)?.[1]?.trim();
}

function unauthenticated(message: string): ApiError {
  return new ApiError(401, "authentication_error", message);
}

/** The version asked for. Throws 400 when it is missing, unknown or sent twice. */
export function apiVersion(header: ReadHeader): ApiVersion {
  const version = header("anthropic-version");
  if (version === undefined) throw invalidRequest("anthropic-version: header is required");
  if (version !== "2023-06-01" && version !== "2026-10-21") {
    throw invalidRequest(`anthropic-version: "${version}" is not a valid version`);
  }
  return version;
}

/** Throws 403 when the request names another workspace than the key's. */
export function checkWorkspace(header: ReadHeader, workspaceId: string): void {
  const asked = header("anthropic-workspace-id");
  if (asked !== undefined && asked !== workspaceId) {
    throw new ApiError(403, "permission_error", `This key has no access to workspace \`${asked}\`.`);
  }
}
