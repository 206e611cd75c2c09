import type { Post } from "./witness.ts";

/** An event as the log of the product has it; the log is in the order of commits. */
export interface Logged {
  id: string;
  change: string;
}

/** Changes that were not told once: each must be one event, whatever died in between. `allowed` ones may be told, once. */
export function toldWrongly(
  changes: ReadonlySet<string>,
  log: readonly Logged[],
  allowed: ReadonlySet<string> = new Set(),
): string[] {
  const times = new Map<string, number>();
  for (const { change } of log) times.set(change, (times.get(change) ?? 0) + 1);
  const lost = [...changes].filter((change) => !times.has(change)).map((change) => `${change}: told by no event`);
  const other = [...times].flatMap(([change, count]) => {
    if (!changes.has(change) && !allowed.has(change)) return [`${change}: told, but it never happened`];
    return count > 1 ? [`${change}: told under ${count} ids`] : [];
  });
  return [...lost, ...other];
}

/** Events that a subscriber never took, and what it was sent that is no event. */
export function missed(to: string, log: readonly Logged[], posts: readonly Post[]): string[] {
  const taken = new Map(posts.filter((post) => post.to === to && isGood(post)).map(({ id, change }) => [id, change]));
  return log
    .filter(({ id, change }) => taken.get(id) !== change)
    .map(({ id, change }) => `${to} missed ${id} (${change})`);
}

/**
 * Tries that were made twice, where they may not be: the same try is made again only in another life, and of one subscriber
 * never more at once than it may have under way; a try follows another only when that one was refused.
 */
export function repeatedWrongly(posts: readonly Post[], underWay: (to: string) => number): string[] {
  const wrong: string[] = [];
  /** By life and subscriber: tries of it that a later life made again. */
  const again = new Map<string, number>();
  const tries = Map.groupBy(posts, ({ to, id, attempt }) => `${to} ${id} try ${attempt}`);
  for (const [name, same] of tries) {
    const lives = new Set(same.map(({ life }) => life));
    if (lives.size < same.length) wrong.push(`${name}: made twice in one life`);
    for (const life of [...lives].slice(0, -1)) {
      const at = `${same[0]?.to} at the end of life ${life}`;
      again.set(at, (again.get(at) ?? 0) + 1);
    }
    const [{ to, id, attempt }] = same as [Post];
    if (attempt === 1) continue;
    const before = tries.get(`${to} ${id} try ${attempt - 1}`);
    if (before === undefined) wrong.push(`${name}: there was no try before it`);
    else if (before.every(isGood)) wrong.push(`${name}: the one before had been taken`);
  }
  for (const [at, count] of again) {
    const most = underWay(at.split(" ")[0] ?? "");
    if (count > most) wrong.push(`${at}: ${count} were made again, and ${most} can have been under way`);
  }
  return wrong;
}

/** How many posts were repeats of a try. */
export function repeats(posts: readonly Post[]): number {
  return posts.length - new Set(posts.map(({ to, id, attempt }) => `${to} ${id} ${attempt}`)).size;
}

/** Posts that came before what had to be taken first: of one lane they come in the order of the log. */
export function outOfOrder(
  to: string,
  log: readonly Logged[],
  posts: readonly Post[],
  laneOf: (post: Post) => string = () => "",
): string[] {
  const place = new Map(log.map(({ id }, n) => [id, n]));
  const newest = new Map<string, Post>();
  const wrong: string[] = [];
  for (const post of posts.filter((one) => one.to === to)) {
    const before = newest.get(laneOf(post));
    if (before && (place.get(before.id) ?? 0) > (place.get(post.id) ?? 0)) {
      wrong.push(`${to}: ${post.id} (${post.change}) came after ${before.id} (${before.change})`);
    }
    newest.set(laneOf(post), post);
  }
  return wrong;
}

function isGood({ answered }: Post): boolean {
  return answered !== null && answered < 300;
}
