import type { Hono } from "hono";
import { ApiError, invalidRequest, notFoundError } from "../api-error.ts";
import type { Endpoint } from "../endpoint.ts";
import type { gate, SandboxEnv } from "../gate.ts";
import type { Organization } from "./organization.ts";

/** Takes `org:admin` OAuth tokens, which the sandbox does not make, and no Admin keys. */
const FOR_TOKENS = ["service_accounts", "federation_issuers", "federation_rules"];
/** A Console organization, which this is, has none of these. */
const FOR_ENTERPRISE = [
  "analytics",
  "compliance_settings",
  "rbac_groups",
  "rbac_roles",
  "spend_limit_increase_requests",
  "spend_limits",
];

/** The Admin API. It takes an Admin key only; any other is refused before it is told what is there. */
export function addOrganization(
  app: Hono<SandboxEnv>,
  organization: Organization,
  through: ReturnType<typeof gate>,
): void {
  const route = (method: "GET" | "POST" | "DELETE" | "ALL", path: string, endpoint: Endpoint) =>
    app.on(method, `/v1/organizations${path}`, through("admin", endpoint));
  const { users, invites, workspaces, members, keys, rateLimits } = organization;
  route("GET", "/me", organization.read);

  route("GET", "/users", users.list);
  route("GET", "/users/:id", users.read);
  route("POST", "/users/:id", users.update);
  route("DELETE", "/users/:id", users.remove);
  route("POST", "/users/:id/sign_out", users.signOut);

  route("POST", "/invites", invites.create);
  route("GET", "/invites", invites.list);
  route("GET", "/invites/:id", invites.read);
  route("DELETE", "/invites/:id", invites.remove);

  route("POST", "/workspaces", workspaces.create);
  route("GET", "/workspaces", workspaces.list);
  route("GET", "/workspaces/:id", workspaces.read);
  route("POST", "/workspaces/:id", workspaces.update);
  route("POST", "/workspaces/:id/archive", workspaces.archive);
  route("POST", "/workspaces/:id/members", members.create);
  route("GET", "/workspaces/:id/members", members.list);
  route("GET", "/workspaces/:id/members/:user", members.read);
  route("POST", "/workspaces/:id/members/:user", members.update);
  route("DELETE", "/workspaces/:id/members/:user", members.remove);
  route("GET", "/workspaces/:id/rate_limits", rateLimits.listInWorkspace);
  route("POST", "/workspaces/:id/rate_limits/:limit", rateLimits.update);

  route("GET", "/api_keys", keys.list);
  route("GET", "/api_keys/:id", keys.read);
  route("POST", "/api_keys/:id", keys.update);
  route("GET", "/rate_limits", rateLimits.list);
  route("GET", "/usage_report/messages", organization.usageReport);
  route("GET", "/usage_report/claude_code", organization.claudeCodeReport);
  route("GET", "/cost_report", organization.costReport);
  for (const name of FOR_TOKENS) for (const path of ["", "/*"]) route("ALL", `/${name}${path}`, tokensOnly);
  for (const path of ["", "/*"]) route("ALL", `/workspaces/:id/service_accounts${path}`, tokensOnly);
  for (const name of FOR_ENTERPRISE) for (const path of ["", "/*"]) route("ALL", `/${name}${path}`, enterpriseOnly);
  route("ALL", "/*", nothing);
}

const tokensOnly: Endpoint = () => {
  throw new ApiError(
    403,
    "permission_error",
    "This endpoint takes an OAuth token with the org:admin scope, not an Admin API key.",
  );
};

const enterpriseOnly: Endpoint = () => {
  const message = "This endpoint is for Claude Enterprise organizations.";
  throw invalidRequest(message, "organization_type_not_supported");
};

const nothing: Endpoint = () => {
  throw notFoundError();
};
