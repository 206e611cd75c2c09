import type { ListEnd, ListPage } from "../engine/call.ts";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { withParent } from "./parent.ts";

/** The pages of the list of one parent. */
export type ListOf = (parent: JsonObject) => AsyncGenerator<ListPage, ListEnd, string | null>;

/** So many parents in a row that fail are not what ails: the provider is. */
const ILL_AFTER = 3;
/** Statuses that say something of the whole account. */
const OF_ALL: readonly unknown[] = [401, 429];

/**
 * The lists of all parents as one (`forEach`). A parent whose list fails, as that of one that was deleted just now, makes it
 * incomplete, and the others go on. A failure that is not of one parent alone is thrown.
 */
export async function* listForEach(
  parents: readonly JsonObject[],
  listOf: ListOf,
  signal: AbortSignal,
): AsyncGenerator<ListPage, ListEnd, string | null> {
  const failures: Error[] = [];
  let inARow = 0;
  for (const parent of parents) {
    const error = yield* pagesOf(parent, listOf);
    inARow = error === null ? 0 : inARow + 1;
    if (error === null) continue;
    failures.push(error);
    if (signal.aborted || inARow === ILL_AFTER || failures.length === parents.length || isOfAll(error)) throw error;
  }
  return endOf(parents.length, failures);
}

function endOf(lists: number, failures: readonly Error[]): ListEnd {
  const [first] = failures;
  if (!first) return { complete: true, reason: null, pages: lists };
  return { complete: false, reason: `${failures.length} of ${lists} lists, ${messageOf(first)}`, pages: lists };
}

/** A parent's pages, each record with its parent; gives why they could not all be had. */
async function* pagesOf(parent: JsonObject, listOf: ListOf): AsyncGenerator<ListPage, Error | null, string | null> {
  const pages = listOf(parent);
  let goOn: string | null = null;
  for (;;) {
    const next: IteratorResult<ListPage, ListEnd> | TidewireError = await pages.next(goOn).catch(asFailure);
    if (next instanceof TidewireError) return next;
    if (next.done) return next.value.complete ? null : new Error(`one is incomplete: ${next.value.reason}`);
    goOn = yield ofParent(next.value, parent);
  }
}

/** A page, each of its records with its parent. */
function ofParent({ records, cut, ...page }: ListPage, parent: JsonObject): ListPage {
  const its = (some: Json[]) => some.map((record) => withParent(record, parent));
  const parts = cut?.parts.map((part) => ("kept" in part ? part : { ...part, records: its(part.records) }));
  return { ...page, records: records && its(records), cut: cut && { ...cut, parts: parts ?? [] } };
}

/** What the provider did; anything else is no outcome. */
function asFailure(thrown: unknown): TidewireError {
  if (thrown instanceof TidewireError) return thrown;
  throw thrown;
}

function isOfAll(error: Error): boolean {
  return error instanceof TidewireError && OF_ALL.includes(error.upstream?.status);
}
