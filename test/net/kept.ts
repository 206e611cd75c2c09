interface Closable {
  close(): Promise<void>;
}

const kept: Closable[] = [];

/** Remembers what a test opened until `closeKept`. */
export function keep<T extends Closable>(opened: T): T {
  kept.push(opened);
  return opened;
}

/** Closes all that was kept; for a file's `afterEach`. */
export async function closeKept(): Promise<void> {
  await Promise.all(kept.splice(0).map((one) => one.close()));
}
