import type { Pagination } from "../connector.ts";
import { type OperationView, operationViews, type Rule, repeated, resourcesOf, type Spot } from "./rule.ts";

const NO_PAGINATION: Rule = {
  id: "list-without-pagination",
  severity: "warning",
  check: (manifest) =>
    operationViews(manifest).flatMap(({ index, path, name, operation, operationSource }): Spot[] => {
      if (operation.response.records === null) return [];
      const { pagination } = operation;
      if (operationSource.pagination !== undefined && !isUnreasoned(pagination)) return [];
      return [
        {
          resource: index,
          path,
          message:
            operationSource.pagination === undefined
              ? `The list "${name}" does not say how it is paged: the common styles are tried.`
              : `The list "${name}" says that it has one page, but not why.`,
          mend: 'Add `pagination`, or `{"style": "none", "reason": "…"}` when one answer is the whole list.',
        },
      ];
    }),
};

/** What the operation says it does, against the method that does it. */
const EFFECT_METHOD: Rule = {
  id: "effect-method",
  severity: "warning",
  check: (manifest) =>
    operationViews(manifest).flatMap((view): Spot[] => {
      const message = disagreement(view);
      return message === null ? [] : [{ resource: view.index, path: view.path, ...message }];
    }),
};

const RETRIED_POST: Rule = {
  id: "retried-post",
  severity: "warning",
  check: (manifest) => {
    const everywhere = manifest.source.connector.service.retry?.methods?.includes("POST") ?? false;
    return operationViews(manifest).flatMap(({ index, path, name, operation, operationSource }): Spot[] => {
      const own = operationSource.retry;
      const asked = own?.methods === undefined ? everywhere || (own?.max ?? 0) > 0 : own.methods.includes("POST");
      if (operation.method !== "POST" || operation.idempotent || operation.kind === "query" || !asked) return [];
      return [
        {
          resource: index,
          path: own ? [...path, "retry"] : path,
          message: `"${name}" asks for retries of a POST that is not idempotent: what may have been received is not sent again.`,
          mend: "Set `idempotent` if sending it twice does no harm, else take the retry out.",
        },
      ];
    });
  },
};

/** One name for two things. */
const DUPLICATE: Rule = {
  id: "duplicate-name",
  severity: "error",
  check: (manifest) => {
    const resources = resourcesOf(manifest);
    const handles = repeated(resources, ({ resource }) => resource.handle).map(({ index, resource }) =>
      duplicate(index, ["handle"], `Two resources have the handle "${resource.handle}".`),
    );
    const fields = resources.flatMap(({ index, source }) =>
      repeated([...(source.fields ?? []).entries()], ([, field]) => field.name).map(([n, field]) =>
        duplicate(index, ["fields", n], `Two fields have the name "${field.name}".`),
      ),
    );
    const payloads = resources.flatMap(({ index, source }) =>
      (source.webhooks ?? []).flatMap((webhook, w) =>
        repeated([...(webhook.payload ?? []).entries()], ([, field]) => field.name).map(([n, field]) =>
          duplicate(index, ["webhooks", w, "payload", n], `Two fields have the name "${field.name}".`),
        ),
      ),
    );
    return [...handles, ...fields, ...payloads, ...sharedNames(operationViews(manifest))];
  },
};

export const OPERATION_RULES: readonly Rule[] = [DUPLICATE, NO_PAGINATION, EFFECT_METHOD, RETRIED_POST];

function isUnreasoned(pagination: Pagination): boolean {
  return pagination.style === "none" && pagination.reason === null;
}

function disagreement({ name, operation }: OperationView): Pick<Spot, "message" | "mend"> | null {
  const { method, effect, kind, path } = operation;
  const meant = /\/(cancel|archive)$/.exec(path)?.[1];
  if (effect === "delete" && method !== "DELETE") {
    const really = meant === undefined ? "" : `, and its path ends in /${meant}`;
    return {
      message: `"${name}" is said to delete, but it is a ${method}${really}.`,
      mend:
        meant === undefined
          ? "Set `effect` to what it does."
          : `Name it \`${meant}\`, or set \`effect\` to \`${meant}\`.`,
    };
  }
  if (method === "DELETE" && !["delete", "archive", "cancel"].includes(effect)) {
    return {
      message: `"${name}" is a DELETE, but its effect is said to be \`${effect}\`.`,
      mend: "Set `effect` to `delete`.",
    };
  }
  const reads = method === "GET" || method === "HEAD" || kind === "query";
  if (reads && effect !== "none") {
    return {
      message: `"${name}" only reads, but its effect is said to be \`${effect}\`.`,
      mend: "Set `kind` and `effect` to what it does.",
    };
  }
  return null;
}

/** Operations and their aliases share one space of names, over the whole connector. */
function sharedNames(views: OperationView[]): Spot[] {
  const names = views.flatMap((view) => [
    { view, name: view.operation.id },
    ...view.operation.aliases.map((alias) => ({ view, name: alias.name })),
  ]);
  return repeated(names, ({ name }) => name)
    .filter(({ view, name }) => name !== view.operation.id)
    .map(({ view, name }) =>
      duplicate(view.index, [...view.path, "aliases"], `The alias "${name}" is the name of another operation.`),
    );
}

function duplicate(resource: number, path: (string | number)[], message: string): Spot {
  return { resource, path, message, mend: "Give one of them another name." };
}
