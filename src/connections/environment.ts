import type { Connector, CredentialField } from "../manifest/connector.ts";
import type { WantedConnection } from "./ensure.ts";

type Environment = Record<string, string | undefined>;

/** The connection that the environment's credentials make. */
const DEFAULT_NAME = "default";

/** A credential that the environment may give: its variable, and whether a connection can do without it. */
export interface CredentialVariable extends CredentialField {
  env: string;
  connector: string;
  optional: boolean;
}

/** The environment variables that the manifests name for credentials. */
export function credentialVariables(connectors: readonly Connector[]): CredentialVariable[] {
  return connectors.flatMap(({ handle, auths }) =>
    Object.values(auths).flatMap(({ fields, optional }) =>
      fields.flatMap(({ env, ...field }) =>
        env === undefined ? [] : [{ ...field, env, connector: handle, optional }],
      ),
    ),
  );
}

/** A connection `default` for each connector whose required credentials the environment has. */
export function connectionsOfEnvironment(
  connectors: readonly Connector[],
  env: Environment,
  owner: string,
): WantedConnection[] {
  return connectors.flatMap(({ handle }) => {
    const variables = credentialVariables(connectors).filter(({ connector }) => connector === handle);
    const given = variables.filter((variable) => env[variable.env]);
    const lacking = variables.some((variable) => variable.required && !variable.optional && !given.includes(variable));
    if (given.length === 0 || lacking) return [];
    const credentials = Object.fromEntries(given.map((variable) => [variable.name, env[variable.env] ?? ""]));
    return [{ connector: handle, name: DEFAULT_NAME, credentials, params: {}, owner }];
  });
}
