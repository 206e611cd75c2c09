import { describe, expect, it } from "vitest";
import type { EventRule, Operation, Resource } from "../../src/manifest/connector.ts";
import { outputSchema, payloadSchema, sampleOutput } from "../../src/manifest/outputs.ts";
import { compilePayload } from "../../src/manifest/payload.ts";
import { connectorJson, linted, resourceJson } from "./written.ts";

const fields = [
  { name: "id", type: "String", selector: ["id"], primary: true, meta: { description: "The id." } },
  { name: "tags", type: "Array", items: "String", selector: ["tags"] },
  { name: "state", type: "String", selector: ["state"], enum: ["on", "off"], nullable: true },
  { name: "ends", type: "DateTime", selector: ["ends"] },
  { name: "extra", type: "Json", selector: ["extra"], nullable: true },
];
const record = { id: "1", tags: ["a"], state: "on", ends: "1990-01-01T00:00:00Z", junk: true };
const reason = {
  name: "reason",
  type: "String",
  enum: ["ended", "other"],
  cases: [{ when: { field: ["ends"], before: "now" }, value: "ended" }, { value: "other" }],
};
const { connector } = linted(
  connectorJson(),
  resourceJson({
    fields,
    sample: record,
    operations: {
      count: { method: "GET", output: { type: "object", required: ["n"] }, sample: { n: 3 } },
      create: { method: "POST", sample: { ...record, id: "made" } },
      download: { method: "GET", response: { type: "binary" } },
      ping: { method: "HEAD" },
    },
    webhooks: [
      { event: "things.created" },
      { event: "things.deleted", payload: [fields[0], reason], sample: { ...record, id: "gone" } },
    ],
  }),
);
const things = connector.resources[0] as Resource;
const operation = (name: string): Operation => things.operations[name] as Operation;
const [created, deleted] = things.events as [EventRule, EventRule];

const RECORD_SCHEMA = {
  type: "object",
  properties: {
    id: { type: "string", description: "The id." },
    tags: { type: ["array", "null"], items: { type: "string" } },
    state: { type: ["string", "null"], enum: ["on", "off", null] },
    ends: { type: ["string", "null"], format: "date-time" },
    extra: {},
  },
  required: ["id", "tags", "state", "ends", "extra"],
};

describe("outputSchema", () => {
  it("is of the resource's fields, for one record and for each of a list", () => {
    expect(outputSchema(operation("read"), things)).toEqual(RECORD_SCHEMA);
    expect(outputSchema(operation("list"), things)).toEqual(RECORD_SCHEMA);
  });

  it("goes into fields that have fields, and tells a decimal number from a float", () => {
    const inner = [{ name: "amount", type: "Decimal", scale: -2, selector: ["amount"] }];
    const costs = [
      { name: "rows", type: "Array", selector: ["rows"], fields: inner },
      { name: "total", type: "Object", selector: ["total"], fields: inner },
    ];
    const sample = { id: "1", rows: [{ amount: "123.78912" }], total: { amount: 186 } };
    const [bills] = linted(connectorJson(), resourceJson({ fields: costs, sample })).connector.resources as [Resource];
    const row = {
      type: "object",
      properties: { amount: { type: ["string", "null"], pattern: "^-?\\d+(\\.\\d+)?$" } },
      required: ["amount"],
    };
    const read = bills.operations.read as Operation;
    expect(outputSchema(read, bills).properties).toEqual({
      rows: { type: ["array", "null"], items: row },
      total: { ...row, type: ["object", "null"] },
    });
    expect(sampleOutput(read, bills)).toEqual({ rows: [{ amount: "1.2378912" }], total: { amount: "1.86" } });
  });

  it("is what the operation says, or what its kind of answer is", () => {
    expect(outputSchema(operation("count"), things)).toEqual({ type: "object", required: ["n"] });
    expect(outputSchema(operation("download"), things)).toEqual({ type: "string", contentEncoding: "binary" });
    expect(outputSchema(operation("ping"), things)).toEqual({ type: "null" });
  });
});

describe("sampleOutput", () => {
  const selected = { id: "1", tags: ["a"], state: "on", ends: "1990-01-01T00:00:00Z", extra: null };

  it("is selected from the operation's own sample, else the resource's; a list's is one record", () => {
    expect(sampleOutput(operation("create"), things)).toEqual({ ...selected, id: "made" });
    expect(sampleOutput(operation("read"), things)).toEqual(selected);
    expect(sampleOutput(operation("list"), things)).toEqual(selected);
  });

  it("is the answer as it came where that is no record", () => {
    expect(sampleOutput(operation("count"), things)).toEqual({ n: 3 });
    expect(sampleOutput(operation("download"), things)).toBeNull();
  });
});

describe("payload", () => {
  it("is of the resource's fields unless the event has its own", () => {
    expect(payloadSchema(created)).toEqual(RECORD_SCHEMA);
    expect(payloadSchema(deleted)).toEqual({
      type: "object",
      properties: {
        id: { type: "string", description: "The id." },
        reason: { type: ["string", "null"], enum: ["ended", "other", null] },
      },
      required: ["id", "reason"],
    });
  });

  it("chooses by cases, in order, at the time it is made", () => {
    const make = compilePayload(deleted.payload);
    const ends = Date.parse(record.ends);
    expect(make(record, ends + 1)).toEqual({ id: "1", reason: "ended" });
    expect(make(record, ends)).toEqual({ id: "1", reason: "other" });
    expect(make({ id: "2" }, ends + 1)).toEqual({ id: "2", reason: "other" });
  });

  it("is null where no case holds", () => {
    const only = [{ ...deleted.payload[1]!, cases: [{ when: { field: ["gone"], exists: true }, value: 1 }] }];
    expect(compilePayload(only)({}, 0)).toEqual({ reason: null });
  });

  it("has a sample, made of the event's own record or the resource's", () => {
    expect(created.sample).toMatchObject({ id: "1", state: "on" });
    expect(deleted.sample).toEqual({ id: "gone", reason: "other" });
  });
});
