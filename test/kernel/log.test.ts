import { describe, expect, it } from "vitest";
import { createLog } from "../../src/kernel/log.ts";

function linesOf(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLog("info", { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("createLog", () => {
  it("masks secrets at the top and one level down, and leaves the given object as it was", () => {
    const fields = { apiKey: "sk-ant-1", headers: { "x-api-key": "sk-ant-2", accept: "*/*" }, list: ["token"], ms: 3 };
    const [line] = linesOf((log) => log.info(fields, "request"));
    expect(line).toMatchObject({
      msg: "request",
      apiKey: "[secret]",
      headers: { "x-api-key": "[secret]", accept: "*/*" },
      list: ["token"],
      ms: 3,
    });
    expect(fields.apiKey).toBe("sk-ant-1");
    expect(fields.headers["x-api-key"]).toBe("sk-ant-2");
  });

  it("prints an error with its cause's message and without the secrets that hang on it", () => {
    const error = Object.assign(new Error("refused", { cause: new Error("reset") }), { token: "tw_1", code: "E1" });
    const [line = {}] = linesOf((log) => log.error({ err: error }, "it failed"));
    expect(line.err).toMatchObject({ message: "refused: reset", code: "E1", token: "[secret]" });
    expect((line.err as { stack: string }).stack).toContain("log.test");
  });

  it("prints a thrown text as it is, and nothing below its level", () => {
    expect(
      linesOf((log) => {
        log.debug("too fine");
        log.error({ err: "just words" }, "it failed");
      }),
    ).toMatchObject([{ err: "just words", msg: "it failed" }]);
  });
});
