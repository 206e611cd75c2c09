import { describe, expect, test } from "vitest";
import { LONGEST_RETRY_AFTER_MS, nextDelay } from "../../../src/delivery/backoff.ts";
import { checkup, WELL } from "../../../src/delivery/health.ts";
import { answerWith } from "../../net/peer.ts";
import { Stage } from "./stage.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** The clock stands at 2026-11-20T08:00:00Z, a Friday. */
const FORMS: [form: string, lines: string[], waitMs: number | null][] = [
  ["of 0", ["0"], 0],
  ["of -1", ["-1"], null],
  ["of 1e9", ["1e9"], 1e9 * SECOND],
  ["of 1e999", ["1e999"], null],
  ["of 2⁶⁴", ["18446744073709551616"], 18446744073709551616 * SECOND],
  ["of garbage", ["soon, maybe"], null],
  ["of garbage that begins with a number", ["120 minutes"], null],
  ["that is empty", [""], null],
  ["of NaN", ["NaN"], null],
  ["in hexadecimal", ["0x10"], null],
  ["with a sign", ["+5"], null],
  ["of two lines", ["120", "7200"], 120 * SECOND],
  ["of two lines, the first of them garbage", ["soon", "7200"], null],
  ["of a date", ["Fri, 20 Nov 2026 09:00:00 GMT"], HOUR],
  ["of two dates", ["Fri, 20 Nov 2026 09:00:00 GMT", "Fri, 20 Nov 2026 19:00:00 GMT"], HOUR],
  ["of a date that is over", ["Fri, 20 Nov 2020 09:00:00 GMT"], null],
  ["of a date in the year 9999", ["Fri, 31 Dec 9999 23:59:59 GMT"], Date.UTC(9999, 11, 31, 23, 59, 59)],
  ["of no date that there is", ["Fri, 99 Nov 2026 09:00:00 GMT"], null],
];

describe("a 503 with Retry-After", () => {
  test.each(FORMS)("%s never waits less than our own delay, nor more than a day", async (_form, lines, waitMs) => {
    const stage = Stage.start();
    const headers = lines.map((line) => `retry-after: ${line}\r\n`).join("");
    const receiver = await stage.receiver((socket) => void socket.end(answerWith("", headers, "503 Busy")));
    const { retryAfterMs, ...outcome } = await stage.try(receiver.url).outcome;
    expect(outcome).toMatchObject({ class: "http_5xx", status: 503 });
    const now = stage.clock.now();
    const isDate = waitMs !== null && waitMs > 1e14;
    expect(retryAfterMs).toBe(isDate && lines[0]?.includes("9999") ? waitMs - now : waitMs);

    const own = 5 * SECOND;
    const wait = nextDelay([0, own], 1, () => 0.5, retryAfterMs);
    expect(wait).toBe(Math.min(Math.max(own, retryAfterMs ?? 0), DAY));
    expect(LONGEST_RETRY_AFTER_MS).toBe(DAY);

    const { health } = checkup(WELL, { ok: false, status: 503, retryAfterMs }, now);
    const asked = Math.min(retryAfterMs ?? 0, DAY);
    expect(health.holdUntil).toBe(asked > 0 ? now + asked : null);
    await stage.nothingIsLeft();
  });
});
