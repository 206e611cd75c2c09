import type { serve } from "@hono/node-server";

/** What answers a request, for the server. */
export type Fetch = Parameters<typeof serve>[0]["fetch"];

/**
 * Holds answers back to the end of the turn of the event loop that made them, when several requests are under way: they are
 * then written one after the other, and their receivers are woken once and not for each (of a call among 32, a fifth of all
 * CPU). A request that is alone is answered at once.
 */
export function answersTogether(fetch: Fetch): Fetch {
  let underWay = 0;
  let turnEnds: Promise<void> | null = null;
  const endOfTurn = () => {
    turnEnds ??= new Promise((resolve) => {
      setImmediate(() => {
        turnEnds = null;
        resolve();
      });
    });
    return turnEnds;
  };
  return async (request, env) => {
    underWay++;
    try {
      const answer = await fetch(request, env);
      if (underWay > 1) await endOfTurn();
      return answer;
    } finally {
      underWay--;
    }
  };
}
