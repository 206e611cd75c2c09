import { describe, expect, test } from "vitest";
import { audienceOf } from "../../src/events/audience.ts";
import { subscription } from "../support/subscription.ts";

describe("the audience of what is told of a subscription", () => {
  test("is its owner's others and unbound keys, never the endpoint under any subscription", () => {
    const failing = subscription({ id: "sub_1", owner: "key_1", url: "https://a.example/" });
    const sameUrl = subscription({ id: "sub_2", owner: "key_1", url: "https://a.example/" });
    const own = subscription({ id: "sub_3", owner: "key_1", url: "https://b.example/", ownerConnections: ["con_1"] });
    const operator = subscription({ id: "sub_4", owner: "key_2", url: "https://c.example/" });
    const stranger = subscription({
      id: "sub_5",
      owner: "key_3",
      url: "https://d.example/",
      ownerConnections: ["con_1"],
    });
    expect(audienceOf(failing, [failing, sameUrl, own, operator, stranger])).toEqual([own, operator]);
  });

  test.each([
    ["https://a.example/hook", "https://A.example:443/hook"],
    ["https://a.example/hook", "https://a.example./hook"], // was taken for another
    ["https://a.example/hook", "https://a.example/%68ook"], // and so was this
    ["https://a.example/h%C3%B6?a=%7E", "https://a.example/h%c3%b6?a=~"],
  ])("takes %s and %s for one endpoint", (one, other) => {
    const [failing, same] = [subscription({ url: one }), subscription({ id: "sub_2", url: other })];
    expect([audienceOf(failing, [same]), audienceOf(same, [failing])]).toEqual([[], []]);
  });

  test.each([
    ["https://a.example/a%2Fb", "https://a.example/a/b"],
    ["https://a.example/a%252e", "https://a.example/a%2e"],
    ["https://a.example/A", "https://a.example/a"],
  ])("takes %s and %s for two endpoints", (one, other) => {
    expect(audienceOf(subscription({ url: one }), [subscription({ id: "sub_2", url: other })])).toHaveLength(1);
  });
});
