import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConnector, loadConnectors } from "../../src/manifest/load.ts";
import { connectorJson, manifest, places, resourceJson, thrownBy, written } from "./written.ts";

describe("loadConnector", () => {
  it("reads the service and every file beside it, one resource or an array", () => {
    const path = written({
      "connector.json": connectorJson(),
      "resources/b.json": resourceJson({ handle: "boxes" }),
      "resources/a.json": [resourceJson({ handle: "apples" }), resourceJson({ handle: "acorns" })],
      "resources/notes.txt": "not a manifest",
    });
    const { connector, findings } = loadConnector(path);
    expect(connector.resources.map((r) => r.handle)).toEqual(["apples", "acorns", "boxes"]);
    expect(connector.file).toBe(path);
    expect(findings).toEqual([]);
  });

  it("finds connector.json in a folder", () => {
    const path = manifest(connectorJson(), resourceJson());
    expect(loadConnector(dirname(path)).connector.file).toBe(path);
  });

  it("takes only the resources that the service names, in its order, and inline ones", () => {
    const path = written({
      "connector.json": connectorJson({ resources: ["boxes", resourceJson({ handle: "inline" })] }),
      "resources/a.json": resourceJson({ handle: "apples" }),
      "resources/b.json": resourceJson({ handle: "boxes" }),
    });
    expect(loadConnector(path).connector.resources.map((r) => r.handle)).toEqual(["boxes", "inline"]);
  });

  it("gives the position in connector.json of a mistake in an inline resource", () => {
    const path = written({
      "connector.json": `{ "handle": "acme",
  "service": { "baseURL": { "value": "https://acme.example" } },
  "resources": [
    { "handle": "things", "endpoint": { "value": "" },
      "fieldz": [] }
  ] }`,
    });
    expect(places(thrownBy(() => loadConnector(path)))).toEqual(["connector.json:5:7 unknown_key"]);
  });

  it("says which resource is named but not there", () => {
    const path = written({
      "connector.json": connectorJson({ resources: ["boxs"] }),
      "resources/b.json": resourceJson({ handle: "boxes" }),
    });
    const error = thrownBy(() => loadConnector(path));
    expect(places(error)).toEqual([expect.stringMatching(/^connector\.json:\d+:\d+ unknown_resource$/)]);
    expect(error.message).toContain('Did you mean "boxes"?');
  });

  it.each([
    ["no resources at all", { "connector.json": connectorJson() }, "no_resources"],
    ["an empty file", { "connector.json": "" }, "json_syntax"],
    ["a file that is not there", { "other.json": "{}" }, "unreadable"],
    ["JSON of another kind", { "connector.json": "[]" }, "invalid_value"],
  ])("refuses %s", (_, files, code) => {
    const error = thrownBy(() => loadConnector(written(files)));
    expect(error.code).toBe("manifest_invalid");
    expect(error.errors.map((e) => e.code)).toEqual([code]);
  });

  it("says which code was probably meant where errors are mapped to one that is not ours", () => {
    const path = manifest(
      connectorJson({ service: { errors: { map: [{ status: 420, code: "rate_limit" }] } } }),
      resourceJson(),
    );
    expect(thrownBy(() => loadConnector(path)).errors).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/errors\.map\[0\]\.code: .*rate_limited/) as string }),
    ]);
  });

  it.each(["odd", "tp/v2/deep", "a/b/", "a//b", "a/..", "a/b c", "a/:b", "a/b?c"])(
    "refuses an event at /webhooks/%s, which no request could reach",
    (rest) => {
      const webhooks = [{ event: "things.created", path: `/webhooks/${rest}` }];
      const error = thrownBy(() => loadConnector(manifest(connectorJson(), resourceJson({ webhooks }))));
      expect(error.errors).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/webhooks\[0\]\.path: .*two names/) as string }),
      ]);
    },
  );

  it("accepts a byte order mark", () => {
    const path = written({
      "connector.json": `\uFEFF${JSON.stringify(connectorJson())}`,
      "resources/a.json": resourceJson(),
    });
    expect(loadConnector(path).connector.handle).toBe("acme");
  });
});

describe("mistakes", () => {
  it("come all at once, over all files, each with file, line, column, code and mend", () => {
    const path = written({
      "connector.json": `{
  "handle": "Acme",
  "service": { "baseURL": { "value": "https://acme.example" },
               "header": {} }
}`,
      "resources/a.json": `{ "handle": "things",
  "endpoint": { "value": "things" },
  "operations": {
    "create": { "method": "POST", "bodyTemplat": { "value": "{}" } }
  }
}`,
      "resources/b.json": `{ "handle": "boxes",
  "endpoint": { "value": "/boxes", }
}`,
    });
    const error = thrownBy(() => loadConnector(path));
    expect(places(error)).toEqual([
      "connector.json:2:3 invalid_value",
      "connector.json:4:16 unknown_key",
      "resources/a.json:2:17 invalid_value",
      "resources/a.json:4:35 unknown_key",
      "resources/b.json:2:36 json_syntax",
    ]);
    expect(error.errors[3]?.message).toBe("`bodyTemplat` – did you mean `bodyTemplate`?");
    expect(error.message).toContain(`${error.errors[3]?.at} \`bodyTemplat\``);
  });

  it.each([{ encoding: "binary" }, { encoding: "binary", param: "file", value: { $param: "file" } }])(
    "tell how the input of %j is named",
    (body) => {
      const path = manifest(
        connectorJson(),
        resourceJson({ operations: { make: { method: "POST", input: [{ name: "file", type: "Binary" }], body } } }),
      );
      expect(thrownBy(() => loadConnector(path)).message).toContain('"value": {"$param": "file"}');
    },
  );

  it("of an input that a body names in vain come beside an unknown key in that body", () => {
    const body = { encoding: "multipart", parts: [{ name: "file", value: { $param: "nope" }, typ: 1 }] };
    const path = manifest(connectorJson(), resourceJson({ operations: { make: { method: "POST", body } } }));
    expect(thrownBy(() => loadConnector(path)).errors.map((e) => e.code)).toEqual([
      "unknown_key",
      "dangling-reference",
    ]);
  });

  it("of meaning come beside unknown keys, which do not keep the rest from being checked", () => {
    const path = manifest(
      connectorJson({ tittle: 1 }),
      resourceJson({ operations: { find: { method: "GET", pagination: "nowhere", limt: 1 } } }),
    );
    expect(thrownBy(() => loadConnector(path)).errors.map((e) => e.code)).toEqual([
      "unknown_key",
      "unknown_key",
      "dangling-reference",
    ]);
  });

  it("name a key that stands twice", () => {
    const path = written({
      "connector.json": connectorJson(),
      "resources/a.json": '{ "handle": "a", "endpoint": { "value": "" },\n  "handle": "b" }',
    });
    expect(places(thrownBy(() => loadConnector(path)))).toEqual(["resources/a.json:2:3 duplicate_key"]);
  });

  it("name a missing key where it should stand", () => {
    const path = manifest(connectorJson(), { handle: "things", endpoint: {} });
    const error = thrownBy(() => loadConnector(path));
    expect(error.errors).toEqual([
      {
        at: expect.stringMatching(/all\.json:4:5$/),
        code: "missing_key",
        message: expect.stringContaining("endpoint.value"),
      },
    ]);
  });

  it.each([
    [
      "a style of pagination",
      { firstMatch: [{ style: "cursor", parm: "page", next: ["n"] }] },
      ["missing_key", "unknown_key"],
    ],
    ["a style that is none", { style: "curser", param: "page", next: ["n"] }, ["invalid_value"]],
    ["neither a name nor a rule", 5, ["invalid_value"]],
  ])("within alternatives are those of the one that was meant: %s", (_, pagination, codes) => {
    const path = manifest(connectorJson(), resourceJson({ operations: { find: { method: "GET", pagination } } }));
    expect(thrownBy(() => loadConnector(path)).errors.map((e) => e.code)).toEqual(codes);
  });

  it("of meaning come beside mistakes of form in another file (those in names of operations were held back)", () => {
    const path = written({
      "connector.json": connectorJson({ service: { probe: { operation: "things.lst" } } }),
      "resources/a.json": resourceJson({ operations: { find: { method: "GET", pagination: "nowhere" } } }),
      "resources/b.json": '{ "handle": "boxes" }',
    });
    const { errors } = thrownBy(() => loadConnector(path));
    expect(errors.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringMatching(/^missing_key: endpoint/),
      expect.stringMatching(/^dangling-reference: .*"things.lst"/),
      expect.stringMatching(/^dangling-reference: .*"nowhere"/),
    ]);
  });

  it("do not blame a name that may stand in a file which cannot be understood", () => {
    const path = written({
      "connector.json": connectorJson({
        service: { probe: { operation: "boxes.list" } },
        resources: ["things", "boxes"],
      }),
      "resources/a.json": resourceJson(),
      "resources/b.json": '{ "handle": "boxes" }',
    });
    expect(places(thrownBy(() => loadConnector(path)))).toEqual(["resources/b.json:1:1 missing_key"]);
  });
});

describe("keys of one's own", () => {
  it("begin with x-, stand anywhere, and are left out", () => {
    const path = manifest(
      connectorJson({ "x-team": "blue", service: { headers: { "x-tenant": { value: "7", "x-why": "theirs" } } } }),
      resourceJson({
        "x-owner": 1,
        operations: { find: { method: "GET", "x-note": [], pagination: { style: "none", "x-a": 1 } } },
      }),
    );
    const { connector } = loadConnector(path);
    expect(connector.headers).toEqual([{ name: "x-tenant", value: "7", merge: "replace", omitIfEmpty: false }]);
  });

  it("keep their place in data, where they are the provider's", () => {
    const sample = { id: "1", name: "a", "x-trace": "kept" };
    const { connector } = loadConnector(manifest(connectorJson(), resourceJson({ sample })));
    expect(connector.resources[0]?.sample).toEqual(sample);
  });
});

describe("loadConnectors", () => {
  it("reads several at once", () => {
    const paths = ["one", "two"].map((handle) => manifest(connectorJson({ handle }), resourceJson()));
    expect(loadConnectors(paths).connectors.map((c) => c.handle)).toEqual(["one", "two"]);
  });

  it("tells the mistakes of all in one error, and a handle that two of them have", () => {
    const first = manifest(connectorJson(), resourceJson());
    const second = manifest(connectorJson({ stauts: "active" }), resourceJson());
    const error = thrownBy(() => loadConnectors([first, second, join(dirname(first), "nothing.json")]));
    expect(error.errors.map((e) => e.code)).toEqual(["unknown_key", "unreadable", "duplicate_handle"]);
    expect(error.errors[2]?.message).toContain(first);
  });
});
