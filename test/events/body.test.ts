import { type CloudEvent, HTTP, type Message } from "cloudevents";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyOf, contentTypeOf } from "../../src/events/body.ts";
import type { Json } from "../../src/kernel/json.ts";
import { newEvent } from "../support/subscription.ts";

const event = newEvent({
  id: "evt_1",
  timestamp: Date.UTC(2026, 10, 20, 8),
  data: { id: "file_1", filename: "tides.csv", workspace_id: "wrk_1", paid: true, parent_id: null, n_id: 7, owner: {} },
});
const CHANGE = { previous: { filename: "old.csv" }, changed: ["filename", "size"] };

/** A body as the official library reads it, which throws for what is no CloudEvent. */
function readCloudEvent(body: Json): CloudEvent<unknown> {
  const headers = { "content-type": contentTypeOf("cloudevents") };
  const message: Message = { headers, body: JSON.stringify(body) };
  const read = HTTP.toEvent(message) as CloudEvent<unknown>;
  expect(read.validate()).toBe(true);
  return read;
}

/** What every whole or thin body says of the event. */
const HEAD = {
  id: "evt_1",
  type: "files.created",
  timestamp: "2026-11-20T08:00:00.000Z",
  connector: "claude-api",
  connection: "default",
  resource: "files",
};

describe("bodyOf", () => {
  test("standard is the whole event, raw its payload alone", () => {
    expect(bodyOf({ ...event, ...CHANGE }, "standard")).toEqual({
      ...HEAD,
      data: event.data,
      ...CHANGE,
    });
    expect(bodyOf(event, "raw")).toBe(event.data);
  });

  test("thin says what happened, where and when, and of the payload only the ids", () => {
    expect(bodyOf({ ...event, ...CHANGE }, "thin")).toEqual({
      ...HEAD,
      data: { id: "file_1", workspace_id: "wrk_1", n_id: 7 },
      changed: ["filename", "size"],
    });
    for (const data of [null, "text", [{ id: "x" }]] as Json[])
      expect(bodyOf({ ...event, data }, "thin")).toMatchObject({ data: {} });
  });

  test("cloudevents is a CloudEvent to the official library, with all that the event has", () => {
    const read = readCloudEvent(bodyOf({ ...event, ...CHANGE }, "cloudevents"));
    expect(read).toMatchObject({
      specversion: "1.0",
      id: "evt_1",
      source: "/claude-api/default",
      type: "files.created",
      subject: "file_1",
      time: "2026-11-20T08:00:00.000Z",
      datacontenttype: "application/json",
      connector: "claude-api",
      connection: "default",
      resource: "files",
      changed: "filename,size",
      data: event.data,
    });
    expect(JSON.parse(String(read.previous))).toEqual(CHANGE.previous);
  });

  test("what Tidewire tells of itself has no connection, and needs none", () => {
    const own = newEvent({ type: "tidewire.poller.held", connector: "tidewire", connectionId: "", connection: "" });
    const read = readCloudEvent(bodyOf(own, "cloudevents"));
    expect(read.source).toBe("/tidewire");
    expect(read).not.toHaveProperty("connection");
  });

  test("any event makes a CloudEvent that the library takes, its payload untouched", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        json,
        fc.option(json, { nil: undefined }),
        text,
        (connection, data, previous, id) => {
          const body = bodyOf({ ...event, connection, previous, data: [{ id }, data] }, "cloudevents");
          expect(readCloudEvent(body).data).toEqual([{ id }, data]);
          readCloudEvent(bodyOf({ ...event, data: { id } }, "cloudevents"));
        },
      ),
      { numRuns: 200 },
    );
  });
});
