import { ACCESS_TOKEN, type Auth } from "../auth.ts";
import { grantAddresses, grantFields } from "../grant.ts";
import { suggestion } from "../nearest.ts";
import type { Path } from "../source.ts";
import { type Manifest, type Rule, type Spot } from "./rule.ts";

/** The templates of a credential with the names that they may use: what is sent, and where its token is got. */
export function credentialTemplates(
  { connector }: Manifest,
  auth: Auth,
): { path: Path; text: string; names: string[] }[] {
  const settings = connector.params.map((param) => param.name);
  const fields = auth.fields.map((field) => field.name);
  const path = placeOf(auth);
  const { grant } = auth;
  if (grant === null) return [{ path, text: auth.value, names: [...fields, ...settings] }];
  const names = grant.type === "session" ? [...fields, ...settings] : settings;
  const addresses = grantAddresses(grant).map((text) => ({ path, text, names }));
  return [{ path, text: auth.value, names: [ACCESS_TOKEN, ...settings] }, ...addresses];
}

/** A grant that is made of something that the user cannot enter. */
const UNKNOWN_FIELD: Rule = {
  id: "unknown-credential-field",
  severity: "error",
  check: ({ connector }) => {
    const settings = connector.params.map((param) => param.name);
    return Object.values(connector.auths).flatMap((auth): Spot[] => {
      if (auth.grant === null) return [];
      const fields = auth.fields.map((field) => field.name);
      const known = auth.grant.type === "session" ? [...fields, ...settings] : fields;
      const secretless = auth.grant.type === "authorization_code" ? [auth.grant.client.secret] : [];
      return grantFields(auth.grant)
        .filter((name) => !known.includes(name) && !secretless.includes(name))
        .map((name) => ({
          resource: null,
          path: placeOf(auth),
          message: `There is no field "${name}" to get a token with.`,
          mend: suggestion(name, known),
        }));
    });
  },
};

export const GRANT_RULES: readonly Rule[] = [UNKNOWN_FIELD];

function placeOf({ name }: Auth): Path {
  return ["service", ...(name === "default" ? ["auth"] : ["auths", name])];
}
