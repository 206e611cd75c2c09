import { startProgram } from "../program.ts";
import type { Round } from "../statistics.ts";
import { type SweepSides, type Swept, startSweeping, sweep } from "../sweeps.ts";
import { type Measurement, must, type Plan, type Workload } from "../workload.ts";

const FILES = 100_000;
const PAGES = FILES / 1_000;
/** Changes, each on a page of its own unless it is an upload. */
const K = 20;

/** Rounds that are not counted, until the compiler has done its work. */
const WARMING = 3;

/** What changes between two sweeps, and what they must find. `confirm`: a second sweep reads what is gone one by one. */
interface Change {
  id: string;
  what: string;
  command: "upload" | "rename" | "remove";
  /** How many files there are more. */
  more: number;
  found: { added?: number; changed?: number };
  /** The pages whose bytes are not as before. */
  pages: number;
  confirm: boolean;
}

const CHANGES: Change[] = [
  { id: "P3_new", what: "new, at the head", command: "upload", more: K, found: { added: K }, pages: 1, confirm: false },
  {
    id: "P3_changed",
    what: "changed, each on its page",
    command: "rename",
    more: 0,
    found: { changed: K },
    pages: K,
    confirm: false,
  },
  { id: "P3_gone", what: "gone, each from its page", command: "remove", more: -K, found: {}, pages: K, confirm: true },
];

/**
 * P3: by how much a sweep of 100,000 files takes more CPU when 20 of them changed, in a list paged by id. Against parsing as
 * many pages. The reads that prove what is gone are not counted, the sweep that first misses it is.
 */
export const p3: Workload = async (plan) => {
  const sides = await startSweeping(plan, FILES);
  const lister = await startProgram("lister");
  await lister.ask("listFrom", sides.upstream.url);
  const parsing = async () => (K / PAGES) * (await lister.ask<{ cpuMs: number }>("list", 2)).cpuMs;
  const measured: Measurement[] = [];
  let files = FILES;
  for (const change of CHANGES) {
    const { rounds, filesLeft } = await measure(plan, sides, change, files, parsing);
    files = filesLeft;
    measured.push(told(change, rounds));
  }
  await Promise.all([sides.stop(), lister.stop()]);
  return measured;
};

async function measure(
  plan: Plan,
  sides: SweepSides,
  change: Change,
  filesAtFirst: number,
  parsing: () => Promise<number>,
): Promise<{ rounds: Round[]; filesLeft: number }> {
  const rounds: Round[] = [];
  let files = filesAtFirst;
  for (let n = 1 - WARMING; n <= plan.rounds; n++) {
    const added = await addedBy(sides, change, files);
    files += change.more;
    if (n < 1) continue;
    rounds.push({ product: { value: added }, limit: { value: await parsing() } });
    plan.say(`  round ${n}: ${added.toFixed(1)} ms more, ${change.what}`);
  }
  return { rounds, filesLeft: files };
}

/** CPU in ms that a sweep takes more than one before it that finds nothing. */
async function addedBy(sides: SweepSides, change: Change, files: number): Promise<number> {
  const { upstream, sweeper } = sides;
  const { command, more, found, pages, confirm } = change;
  const calm = await sweep(sweeper, 3, { items: files });
  await upstream.ask(command, K);
  const after = files + more;
  const changed = await sweep(sweeper, 1, { items: after, ...found });
  mustAskFor(changed, (calm.sweeps.at(-1)?.pages ?? 0) + 2 * pages);
  if (confirm) await sweep(sweeper, 1, { items: after, removed: K });
  return changed.cpuMs - calm.cpuMs;
}

function told({ id, what }: Change, rounds: Round[]): Measurement {
  return {
    id,
    what: `${K} of ${FILES.toLocaleString("en")} files ${what}: CPU that a sweep takes more`,
    against: `fetch and JSON.parse of ${K} pages`,
    unit: "ms",
    target: { atMost: K },
    rounds,
  };
}

function mustAskFor({ sweeps }: Swept, most: number): void {
  const pages = sweeps.at(-1)?.pages ?? 0;
  must(pages <= most, `${pages} pages were asked for, more than ${most}`);
}
