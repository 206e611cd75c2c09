import { describe, expect, it } from "vitest";
import { createLog } from "../../src/kernel/log.ts";
import { lineForPeople } from "../../src/kernel/log-line.ts";

/** What a person reads of what `write` logs. */
function read(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog("info", { write: (line) => void lines.push(line) }));
  return lines.map(lineForPeople).join("");
}

describe("lineForPeople", () => {
  it("tells a request in one short line, without what is not known", () => {
    const request = { request_id: "req_1", operation: null, method: "GET", path: "/v1/keys", status: 200, ms: 3 };
    expect(read((log) => log.info(request, "request"))).toMatch(
      /^\d\d:\d\d:\d\dZ GET \/v1\/keys 200 3 ms request_id=req_1\n$/,
    );
  });

  it("says how bad it is unless it is not, and quotes what has spaces", () => {
    const told = read((log) => log.warn({ poller: "files/main", failures: 1, error: "no answer" }, "a poller fails"));
    expect(told).toMatch(/^\d\d:\d\d:\d\dZ warn a poller fails poller=files\/main failures=1 error="no answer"\n$/);
  });

  it("puts the stack of an error below, and lets no escape sequence through", () => {
    const told = read((log) => log.error({ err: new Error("it said \u001b[31mred") }, "request failed"));
    expect(told).toMatch(/^\S+ error request failed\n {4}Error: it said \?\[31mred\n {8}at /);
    expect(read((log) => log.error({ err: "just words" }, "it failed"))).toMatch(/it failed\n {4}just words\n$/);
  });
});
