import type { Ports } from "../context.ts";
import type { EngineDeps } from "../engine/call.ts";

/** The ports that a call to a provider needs, by the engine's names. */
export function engineDeps({
  upstream,
  clock,
  random,
  log,
}: Pick<Ports, "upstream" | "clock" | "random" | "log">): EngineDeps {
  return { http: upstream, clock, random, log };
}
