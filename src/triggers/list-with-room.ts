import { engineDeps } from "../connections/engine-deps.ts";
import type { ListEnd, ListPage, OperationCall } from "../engine/call.ts";
import { type ListOptions, listPages } from "../engine/paginate.ts";
import { NoRoom } from "./room.ts";
import type { SweepRun } from "./sweep-run.ts";

/** The pages of a list, each asked for when the provider's limit has room for it. Throws `NoRoom`, and what the engine throws. */
export async function* listWithRoom(
  { ports, hasRoom }: Pick<SweepRun, "ports" | "hasRoom">,
  call: OperationCall,
  options: ListOptions,
): AsyncGenerator<ListPage, ListEnd, string | null> {
  const pages = listPages(engineDeps(ports), call, options);
  let goOn: string | null = null;
  for (let isMore = true; ; ) {
    if (isMore && !(await hasRoom())) throw new NoRoom();
    const next: IteratorResult<ListPage, ListEnd> = await pages.next(goOn);
    if (next.done) return next.value;
    isMore = typeof next.value.next === "string";
    goOn = yield next.value;
  }
}
