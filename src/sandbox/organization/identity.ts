import { derivedId } from "../identifiers.ts";

/** The organization that the sandbox pretends to be: a Claude Console organization, its id a bare UUID. */
export const ORGANIZATION_ID = "aa8ca6f0-0000-4000-8000-5a9db0c70001";
export const ORGANIZATION_NAME = "Sandbox Organization";

/** The default workspace: a real id, hidden from the list unless asked for. Keys of the sandbox belong to it. */
export const DEFAULT_WORKSPACE_ID = "wrkspc_01SandboxSandboxSandbox1";

/** The id, in the seeded organization, of a thing of that name: the same in every sandbox. */
export function seededId(kind: "user" | "invite" | "wrkspc" | "apikey", name: string): string {
  return derivedId(kind, `sandbox organization: ${name}`);
}
