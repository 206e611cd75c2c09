import { expect, test } from "vitest";
import { checkHistories } from "./histories/check.ts";

/** Of what `npm run histories` does, as much as fits into `npm test`; the same each time. */
const SHORT = { seed: 20_261_120, count: 200 };

test("whatever happens upstream and to us, what is told is what a perfect observer would tell", async () => {
  const { histories, events, crashes } = await checkHistories(SHORT);
  expect(histories).toBe(SHORT.count);
  // Else the histories would prove little.
  expect(events).toBeGreaterThan(SHORT.count);
  expect(crashes).toBeGreaterThan(SHORT.count / 2);
}, 120_000);
