import { describe, expect, it } from "vitest";
import { matchesPattern } from "../../src/model/event.ts";

describe("matchesPattern", () => {
  it.each([
    ["files.created", "files.created", true],
    ["files.created", "files.deleted", false],
    ["files.*", "files.deleted", true],
    ["files.*", "files_extra.deleted", false],
    ["files.*", "files", false],
    ["*", "files.created", true],
    ["*", "tidewire.poller.failing", false],
    ["tidewire.*", "tidewire.poller.failing", true],
  ])("%s against %s is %s", (pattern, type, expected) => expect(matchesPattern(pattern, type)).toBe(expected));
});
