import type { Clock } from "../kernel/clock.ts";
import { Deadline } from "./deadline.ts";
import type { Http } from "./port.ts";

const DEADLINE_MS = 15_000;

/** Sends one POST by this way and gives the status of its answer, whose body nobody reads. Throws HttpFailure when there is none. */
export async function postOnce(
  { http, clock }: { http: Http; clock: Clock },
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<number> {
  const deadline = new Deadline(clock, DEADLINE_MS);
  try {
    const answer = await http({ method: "POST", url, headers, body }, deadline.signal);
    answer.body.discard();
    return answer.status;
  } finally {
    deadline.close();
  }
}
