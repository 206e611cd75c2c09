import { describe, expect, it } from "vitest";
import { answersTogether } from "../../../src/surfaces/http/answers-together.ts";

const asked = () => new Request("http://127.0.0.1/");
const env = {} as Parameters<ReturnType<typeof answersTogether>>[1];

/** An app whose answers are given by hand, in the order of the requests. */
function slowApp() {
  const given: ((answer: Response) => void)[] = [];
  const fetch = answersTogether(() => new Promise<Response>((resolve) => given.push(resolve)));
  return { fetch, answer: (n: number) => given[n]?.(new Response(String(n))) };
}

/** Says whether a promise is done when all microtasks of this turn have run. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  for (let n = 0; n < 20; n++) await Promise.resolve();
  return done;
}
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("answers", () => {
  it("go out at once for a request that is alone", async () => {
    const { fetch, answer } = slowApp();
    const alone = Promise.resolve(fetch(asked(), env));
    answer(0);
    expect(await isDone(alone)).toBe(true);
  });

  it("of several requests go out together, at the end of the turn", async () => {
    const { fetch, answer } = slowApp();
    const requests = [0, 1, 2].map(() => Promise.resolve(fetch(asked(), env)));
    answer(0);
    answer(1);
    expect(await Promise.all(requests.slice(0, 2).map(isDone))).toEqual([false, false]);
    await nextTurn();
    expect(await Promise.all(requests.map(isDone))).toEqual([true, true, false]);
  });

  it("are passed on as they are, failures too", async () => {
    const failing = answersTogether(() => Promise.reject(new Error("broken")));
    await expect(failing(asked(), env)).rejects.toThrow("broken");
    const good = answersTogether(() => new Response("fine", { status: 207 }));
    expect(await good(asked(), env)).toHaveProperty("status", 207);
  });
});
