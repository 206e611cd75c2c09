import type { CredentialField } from "../connector.ts";
import { compileField } from "../fields.ts";
import { repeatsCredential } from "../normalise/auth.ts";
import type { Path } from "../source.ts";
import { type Manifest, type Rule, resourcesOf, type Spot } from "./rule.ts";

const SECRET_LOOKING = /key$|secret|token|passw(or)?d|private/i;

/** The seed form says it twice: what stands in a header would also go where the credential may not. */
const IN_HEADERS: Rule = {
  id: "credential-in-headers",
  severity: "warning",
  check: ({ connector, source }) =>
    Object.keys(source.connector.service.headers ?? {})
      .filter((name) => repeatsCredential(name, connector.auths))
      .map((name) => ({
        resource: null,
        path: ["service", "headers", name],
        message: `The credential stands in \`headers\` ("${name}") as well as in \`auth\`; the one in \`auth\` counts.`,
        mend: "Take it out of `headers`.",
      })),
};

const NOT_SECRET: Rule = {
  id: "secret-not-marked",
  severity: "warning",
  check: ({ connector, source }) => {
    const params = (source.connector.service.params ?? []).flatMap((param, n) =>
      SECRET_LOOKING.test(param.name)
        ? [notSecret(["service", "params", n], param.name, "Make it a field of `auth`; settings are shown.")]
        : [],
    );
    const fields = Object.values(connector.auths).flatMap((auth) => {
      const at: Path = ["service", ...(auth.name === "default" ? ["auth"] : ["auths", auth.name]), "fields"];
      const open = (field: CredentialField): boolean => !field.secret && SECRET_LOOKING.test(field.name);
      return auth.fields.flatMap((field, n) =>
        open(field) ? [notSecret([...at, n], field.name, 'Set `"secret": true`.')] : [],
      );
    });
    return [...params, ...fields];
  },
};

/** A URL that is none, or of another scheme than it says. */
const BASE_URL: Rule = {
  id: "base-url",
  severity: "error",
  check: ({ connector, source }) => {
    const { baseURL, protocol } = source.connector.service;
    if (baseURL.value.includes("{{")) return [];
    const at = { resource: null, path: ["service", "baseURL", "value"] };
    const url = URL.parse(connector.baseURL);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return [
        {
          ...at,
          message: `"${baseURL.value}" is not an http or https URL.`,
          mend: "Write it whole: https://api.example.com/v1.",
        },
      ];
    }
    if (protocol === undefined || url.protocol === `${protocol}:`) return [];
    return [{ ...at, message: `The base URL is not of the protocol \`${protocol}\`.`, mend: "Change one of the two." }];
  },
};

/** A host that would get no credential, though the manifest sends calls or links there. */
const HOST: Rule = {
  id: "host-not-allowed",
  severity: "warning",
  check: (manifest) => [...baseHost(manifest), ...linkHosts(manifest)],
};

export const CREDENTIAL_RULES: readonly Rule[] = [IN_HEADERS, NOT_SECRET, BASE_URL, HOST];

function notSecret(path: Path, name: string, mend: string): Spot {
  return { resource: null, path, message: `"${name}" looks like a secret, but is not kept as one.`, mend };
}

function baseHost({ connector, source }: Manifest): Spot[] {
  const host = URL.parse(connector.baseURL)?.host;
  const { allowedHosts } = source.connector.service;
  if (
    host === undefined ||
    connector.baseURL.includes("{{") ||
    allowedHosts === undefined ||
    allowedHosts.includes(host)
  )
    return [];
  return [
    {
      resource: null,
      path: ["service", "allowedHosts"],
      message: `The base URL's host, ${host}, is not among the hosts that may receive credentials.`,
      mend: `Add "${host}".`,
    },
  ];
}

/** The links in samples show where the provider's URLs lead. */
function linkHosts(manifest: Manifest): Spot[] {
  const { connector } = manifest;
  const allowed = [URL.parse(connector.baseURL)?.host, ...connector.allowedHosts];
  return resourcesOf(manifest).flatMap(({ index, resource }) =>
    resource.fields.flatMap((field, n): Spot[] => {
      if (!field.link || resource.sample === null) return [];
      const value = compileField(field)(resource.sample);
      const host = typeof value === "string" ? URL.parse(value)?.host : undefined;
      if (host === undefined || allowed.includes(host)) return [];
      return [
        {
          resource: index,
          path: ["fields", n],
          message: `The link "${field.name}" leads to ${host}, which may not receive credentials.`,
          mend: "Add the host to `service.allowedHosts` if it is the provider's own.",
        },
      ];
    }),
  );
}
