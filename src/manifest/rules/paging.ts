import { type OperationView, operationViews, type Rule, type Spot } from "./rule.ts";

/** A page that is asked for in a body which has no members to ask in. */
const PAGE_IN_BODY: Rule = {
  id: "page-in-body",
  severity: "error",
  check: (manifest) =>
    operationViews(manifest)
      .filter(asksInBody)
      .filter(({ operation: { body } }) => body?.encoding !== "json" && body?.encoding !== "form")
      .map(
        ({ index, path, name }): Spot => ({
          resource: index,
          path,
          message: `"${name}" asks for pages in its body, but has no \`json\` or \`form\` body.`,
          mend: 'Give it one (`{"encoding": "json"}`), or ask in the query.',
        }),
      ),
};

export const PAGING_RULES: readonly Rule[] = [PAGE_IN_BODY];

function asksInBody({ operation: { pagination } }: OperationView): boolean {
  const styles = pagination.style === "firstMatch" ? pagination.choices : [pagination];
  return styles.some((style) => "in" in style && style.in === "body");
}
