import { describe, expect, it } from "vitest";
import { withPage } from "../../src/actions/page-input.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { findOperation } from "../../src/manifest/triggers.ts";

const { connector } = loadConnector("connector.json");
const operation = (id: string) => {
  const found = findOperation(connector, id);
  if (found === null) throw new Error(`there is no ${id}`);
  return found.operation;
};

describe("a page that is named beside the input", () => {
  it("joins the input of a list, which counts first", () => {
    const models = operation("models.list");
    expect(withPage(models, {}, { limit: 2, cursor: "c" })).toEqual({ limit: 2, cursor: "c" });
    expect(withPage(models, { limit: 3 }, { limit: 2, cursor: "c" })).toEqual({ limit: 3, cursor: "c" });
    expect(withPage(models, {}, { limit: 2, cursor: undefined })).toEqual({ limit: 2 });
  });

  it("is refused where there are no pages, also where unknown inputs are passed on", () => {
    expect(() => withPage(operation("messages.create"), {}, { limit: 2, cursor: undefined })).toThrow(
      expect.objectContaining({ code: "invalid_input", errors: [expect.objectContaining({ at: "limit" })] }),
    );
  });
});
