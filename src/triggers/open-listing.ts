import type { ListEnd, ListPage, OperationCall } from "../engine/call.ts";
import type { ListOptions } from "../engine/paginate.ts";
import type { JsonObject } from "../kernel/json.ts";
import { checkInput } from "../manifest/inputs.ts";
import type { Account } from "../model/connection.ts";
import { listForEach } from "./for-each.ts";
import { listWithRoom } from "./list-with-room.ts";
import { partOfKey } from "./parent.ts";
import { parentsOf } from "./parents.ts";
import type { SweepRun } from "./sweep-run.ts";

/** The pages that a sweep goes through. Nothing is sent, and so nothing thrown, before the first one is asked for. */
export async function* openListing(
  run: SweepRun,
  account: Account,
  signal: AbortSignal,
): AsyncGenerator<ListPage, ListEnd, string | null> {
  const { above } = run.subject;
  if (above === null) return yield* openList(run, account, signal);
  const { parents, end } = await parentsOf(run, above, { account, signal });
  if (!end.complete) return end;
  return yield* listForEach(parents, (parent) => openList(run, account, signal, parent), signal);
}

/** The pages of one list; those of a parent's are told from the others' by their places. */
async function* openList(
  run: SweepRun,
  account: Account,
  signal: AbortSignal,
  parent: JsonObject | null = null,
): AsyncGenerator<ListPage, ListEnd, string | null> {
  const { ports, subject, pages, keepsPages, moved } = run;
  const { connector, resource, poller, list: operation } = subject;
  const input = checkInput(operation, { ...poller.input, ...parent });
  const call: OperationCall = { connector, resource, operation, input, account, fields: "raw", signal };
  const placed = (place: string | null) => (parent ? partOfKey(parent) + (place ?? "") : place);
  const recall: ListOptions["recall"] = (place) => pages.recall(placed(place), ports.clock.now(), moved);
  const { maxPages } = poller;
  const listed = listWithRoom(run, call, keepsPages ? { maxPages, recall } : { maxPages });
  let goOn: string | null = null;
  for (;;) {
    const next = await listed.next(goOn);
    if (next.done) return next.value;
    goOn = yield { ...next.value, place: placed(next.value.place) };
  }
}
