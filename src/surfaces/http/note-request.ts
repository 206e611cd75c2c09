import type { Ports } from "../../context.ts";
import type { Meters } from "../../observe/meters.ts";
import type { Http } from "./caller.ts";

interface NoteDeps {
  ports: Pick<Ports, "log" | "clock">;
  meters: Pick<Meters, "requests">;
}

/** A request that was answered. */
interface Answered {
  requestId: string;
  /** ms since the epoch. */
  startedAt: number;
  /** As it is counted: the path with its parameters unnamed. */
  route: string;
  status: number;
  /** What else the line tells. */
  about: Record<string, string | null | undefined>;
}

/** Counts a request and writes its line of the log, once its answer is on its way: nobody waits for either. */
export function noteRequest(c: Http, { ports: { log, clock }, meters }: NoteDeps, answered: Answered): void {
  const { requestId, startedAt, route, status, about } = answered;
  const ms = clock.now() - startedAt;
  const { method, path } = c.req;
  afterAnswers(() => {
    meters.requests.add([method, route, String(status)]);
    log.info({ request_id: requestId, ...about, method, path, status, ms }, "request");
  });
}

let waiting: (() => void)[] = [];

/** Runs what waits in the turn after the next, all at once: answers of this turn may be held back to its end. */
function afterAnswers(action: () => void): void {
  if (waiting.length === 0) setImmediate(() => setImmediate(runWaiting));
  waiting.push(action);
}

function runWaiting(): void {
  const actions = waiting;
  waiting = [];
  for (const action of actions) action();
}
