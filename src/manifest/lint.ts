import type { Connector } from "./connector.ts";
import { ASYNC_RULES } from "./rules/async.ts";
import { CREDENTIAL_RULES } from "./rules/credentials.ts";
import { EVENT_RULES } from "./rules/events.ts";
import { GRANT_RULES } from "./rules/grants.ts";
import { INBOUND_RULES } from "./rules/inbound.ts";
import { LINK_RULES } from "./rules/links.ts";
import { OPERATION_RULES } from "./rules/operations.ts";
import { PAGING_RULES } from "./rules/paging.ts";
import { PARAM_RULES } from "./rules/params.ts";
import { PARENT_RULES } from "./rules/parents.ts";
import { REFERENCE_RULES } from "./rules/references.ts";
import type { Rule, Severity } from "./rules/rule.ts";
import { SAMPLE_RULES } from "./rules/samples.ts";
import { TEMPLATE_RULES } from "./rules/templates.ts";
import { UNIFIED_RULES } from "./rules/unified.ts";
import type { ManifestSource } from "./source.ts";

/** Something amiss in a manifest. An error keeps it from loading; a warning is advice. */
export interface Finding {
  /** Stable: `list-without-pagination`. */
  id: string;
  severity: Severity;
  /** `file:line:column`. */
  at: string;
  message: string;
  /** How to put it right. */
  mend: string;
}

/** Every rule there is, what keeps a manifest from loading first. */
export const RULES: readonly Rule[] = [
  ...REFERENCE_RULES,
  ...PARENT_RULES,
  ...PARAM_RULES,
  ...TEMPLATE_RULES,
  ...CREDENTIAL_RULES,
  ...GRANT_RULES,
  ...OPERATION_RULES,
  ...PAGING_RULES,
  ...LINK_RULES,
  ...ASYNC_RULES,
  ...EVENT_RULES,
  ...INBOUND_RULES,
  ...UNIFIED_RULES,
  ...SAMPLE_RULES,
];

/** What the rules have to say of a manifest that is well-formed: of what it says (`source`) and what it comes to (`connector`). */
export function lint(connector: Connector, source: ManifestSource): Finding[] {
  return RULES.flatMap(({ id, severity, check }) =>
    check({ connector, source }).map(({ resource, path, message, mend }) => ({
      id,
      severity,
      at: source.at(resource, path),
      message,
      mend,
    })),
  );
}
