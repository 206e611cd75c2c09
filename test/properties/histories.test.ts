import { expect, test } from "vitest";
import { checkHistories } from "./histories/check.ts";
import { CALM, type History } from "./histories/history.ts";
import { play } from "./histories/play.ts";

/** Of what `npm run histories` does, as much as fits into `npm test`; the same each time. */
const SHORT = { seed: 20_261_120, count: 200 };

test("whatever happens upstream and to us, what is told is what a perfect observer would tell", async () => {
  const { histories, events, crashes } = await checkHistories(SHORT);
  expect(histories).toBe(SHORT.count);
  // Else the histories would prove little.
  expect(events).toBeGreaterThan(SHORT.count);
  expect(crashes).toBeGreaterThan(SHORT.count / 2);
}, 120_000);

// Too rare for chance: a page of the same bytes as before would stand for a thing that another page showed otherwise.
test("a thing that changes on its way to another page, and back, is told as it is in the end", async () => {
  const to = (title: string, where: "top" | "end") => [
    { do: "name" as const, id: "n1", title },
    { do: "move" as const, id: "n1", where },
  ];
  const history: History = {
    setting: { paging: "offset", mode: "snapshot", polls: 2 },
    manner: { pageSize: 1, restless: false, forgiving: false, noisy: false },
    isClockSet: false,
    things: 2,
    steps: [
      CALM,
      {
        do: "sweep",
        incidents: [
          { at: 1, incident: { does: "change", changes: to("b", "top") } },
          { at: 2, incident: { does: "change", changes: to("a", "end") } },
        ],
        cut: null,
      },
      CALM,
    ],
  };
  expect(await play(history)).toMatchObject({ events: 2 });
});
