import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode, TidewireError } from "../../../src/kernel/errors.ts";
import { exitCodeOf, printError, printResult, type Terminal, table } from "../../../src/surfaces/cli/terminal.ts";

function recording(json = false) {
  const written = { out: "", err: "" };
  const terminal: Terminal = {
    json,
    interactive: false,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    outBytes: () => Promise.resolve(),
    confirm: () => Promise.resolve(false),
  };
  return { terminal, written };
}

const printed = (error: unknown, json = false) => {
  const { terminal, written } = recording(json);
  const code = printError(terminal, error);
  expect(written.out).toBe("");
  return { code, err: written.err };
};

describe("exit codes", () => {
  it.each<[number, ErrorCode[]]>([
    [2, ["invalid_input", "manifest_invalid", "config_invalid", "connection_required", "invalid_target"]],
    [3, ["unauthorized", "forbidden", "credential_missing", "credential_rejected"]],
    [4, ["not_found"]],
    [5, ["upstream_error", "upstream_unauthorized", "upstream_unreachable", "upstream_invalid", "upstream_timeout"]],
    [1, ["internal", "port_taken", "database_locked", "vault_key_wrong", "server_unreachable", "conflict"]],
  ])("%i tells %j", (code, errors) => {
    expect(errors.map(exitCodeOf)).toEqual(errors.map(() => code));
  });

  it("are never 0 for an error", () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) expect(exitCodeOf(code)).toBeGreaterThan(0);
  });
});

describe("an error on the terminal", () => {
  it("is one line with its code where one line says it all", () => {
    expect(printed(new TidewireError("port_taken", "Port 1 is taken."))).toEqual({
      code: 1,
      err: "port_taken: Port 1 is taken.\n",
    });
  });

  it("lists its mistakes, each with its place", () => {
    const errors = [
      { at: "a.json:1:2", message: "is wrong" },
      { at: "a.json:3:4", message: "is wrong too" },
    ];
    const { code, err } = printed(new TidewireError("manifest_invalid", "whatever", { errors }));
    expect(code).toBe(2);
    expect(err).toBe(
      "manifest_invalid: The manifest has mistakes\n  a.json:1:2  is wrong\n  a.json:3:4  is wrong too\n",
    );
  });

  it("says by what name the provider knows the request", () => {
    const upstream = { status: 500, request_id: "req_9" };
    expect(printed(new TidewireError("upstream_error", "It failed.", { upstream }))).toEqual({
      code: 5,
      err: "upstream_error: It failed.\n  the provider's request id: req_9\n",
    });
  });

  it("shows the cause of a mistake of our own", () => {
    const { code, err } = printed(new Error("the real cause"));
    expect(code).toBe(1);
    expect(err).toMatch(/^internal: [^]*Error: the real cause\n\s+at /);
  });

  it("is one line of JSON with --json, whatever it holds", () => {
    const errors = [{ at: "url", message: "is\nnone" }];
    const { code, err } = printed(new TidewireError("invalid_input", "url: is\nnone", { errors }), true);
    expect(code).toBe(2);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(err)).toEqual({ error: { code: "invalid_input", message: "url: is\nnone", errors } });
    expect(JSON.parse(printed(new Error("the real cause"), true).err)).toMatchObject({ error: { code: "internal" } });
  });
});

describe("a result on the terminal", () => {
  it("is text for people and JSON for scripts", () => {
    for (const [json, out] of [
      [false, "text\n"],
      [true, '{\n  "a": 1\n}\n'],
    ] as const) {
      const { terminal, written } = recording(json);
      printResult(terminal, { a: 1 }, () => "text");
      expect(written).toEqual({ out, err: "" });
    }
  });

  it("is a table that stays readable when it is copied", () => {
    const rows = [
      ["files.created", 12],
      ["models.created", 3],
    ];
    expect(table(["EVENT", "N"], rows)).toBe("EVENT           N\nfiles.created   12\nmodels.created  3");
    expect(table(["EVENT", "N"], [])).toBe("EVENT  N");
  });
});
