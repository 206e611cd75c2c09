import { describe, expect, it } from "vitest";
import { loadConnector } from "../../src/manifest/load.ts";
import { credentialFieldsOf, inboundEvent } from "../../src/manifest/triggers.ts";
import { connectorJson, linted, manifest, resourceJson, thrownBy } from "./written.ts";

type Part = Record<string, unknown>;

const inbound = (more: Part = {}) => ({ type: "inbound", ...more });
const connectorOf = (service: Part, webhooks: Part[] = []) =>
  linted(connectorJson({ service }), resourceJson({ webhooks })).connector;

describe("what comes in", () => {
  it("is nothing, unless the manifest says so", () => {
    const connector = connectorOf({});
    expect(connector.inbound).toBeNull();
    expect(credentialFieldsOf(connector).map(({ name }) => name)).toEqual(["apiKey"]);
  });

  it("as Standard Webhooks has every default, and a secret that need not be declared", () => {
    const connector = connectorOf({ inbound: { verify: "standard-webhooks" } });
    expect(connector.inbound).toEqual({
      secret: "webhookSecret",
      signature: {
        header: "webhook-signature",
        separator: " ",
        prefix: "v1,",
        algorithm: "sha256",
        encoding: "base64",
        key: "base64",
        signs: ["id", { text: "." }, "timestamp", { text: "." }, "body"],
        timestamp: { header: "webhook-timestamp", prefix: "", toleranceMs: 300_000 },
      },
      id: { header: "webhook-id" },
      type: { selector: ["type"] },
      record: [],
    });
    expect(credentialFieldsOf(connector)).toMatchObject([
      { name: "apiKey" },
      { name: "webhookSecret", secret: true, required: false },
    ]);
  });

  it("by an HMAC is of the body, in hexadecimal, and an event is told from another by the body itself", () => {
    const verify = { hmac: { header: "X-Signature", algorithm: "sha512" } };
    expect(connectorOf({ inbound: { verify, secret: "signingKey", type: { header: "X-Event" } } }).inbound).toEqual({
      secret: "signingKey",
      signature: {
        header: "x-signature",
        separator: ",",
        prefix: "",
        algorithm: "sha512",
        encoding: "hex",
        key: "text",
        signs: ["body"],
        timestamp: null,
      },
      id: null,
      type: { header: "x-event" },
      record: [],
    });
  });

  it("may be declared by an event alone", () => {
    const event = { event: "things.moved", source: inbound({ verify: "standard-webhooks" }) };
    const connector = connectorOf({}, [event]);
    expect(connector.inbound).toEqual(connectorOf({ inbound: { verify: "standard-webhooks" } }).inbound);
    expect(inboundEvent(connector, "things.moved")?.event.source).toEqual({ type: "inbound", event: "things.moved" });
  });

  it("keeps what a manifest says of its own secret", () => {
    const fields = [{ name: "apiKey" }, { name: "webhookSecret", required: true, description: "Of the endpoint." }];
    const connector = connectorOf({ auth: { method: "bearer", fields }, inbound: { verify: "standard-webhooks" } });
    expect(credentialFieldsOf(connector)[1]).toMatchObject({ required: true, description: "Of the endpoint." });
  });

  it("is the event that names it, else the one for all others, else none", () => {
    const named = { event: "things.moved", source: inbound({ event: "ThingMoved" }) };
    const rest = { event: "things.other", source: inbound({ event: "*" }) };
    const service = { inbound: { verify: "standard-webhooks" } };
    const typeOf = (webhooks: Part[], type: string) => inboundEvent(connectorOf(service, webhooks), type)?.event.type;
    expect(typeOf([rest, named], "ThingMoved")).toBe("things.moved");
    expect(typeOf([rest, named], "things.moved")).toBe("things.other");
    expect(typeOf([named], "things.moved")).toBeUndefined();
  });

  it.each([
    ["an unknown key", { verify: "standard-webhooks", tolerence: "1m" }, "did you mean `tolerance`"],
    ["a header that is none", { verify: { hmac: { header: "x y", algorithm: "sha256" } } }, "name of a header"],
    ["an algorithm that is none", { verify: { hmac: { header: "x", algorithm: "md5" } } }, "sha256"],
  ])("with %s is refused", (_, said, says) => {
    const path = manifest(connectorJson({ service: { inbound: said } }), resourceJson());
    expect(thrownBy(() => loadConnector(path)).message).toContain(says);
  });
});
