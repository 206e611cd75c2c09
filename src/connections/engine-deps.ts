import type { Ports } from "../context.ts";
import type { EngineDeps } from "../engine/call.ts";
import { oncePer } from "../engine/once-per.ts";
import { noteAnswer } from "./allowances.ts";
import { tokenSource } from "./tokens/token-source.ts";

/** The ports that a call to a provider needs. */
export type EnginePorts = Pick<Ports, "upstream" | "clock" | "random" | "log" | "store" | "vault" | "newId" | "config">;

const depsOf = oncePer<EnginePorts, EngineDeps>();

/** They, by the engine's names. */
export function engineDeps(ports: EnginePorts): EngineDeps {
  return depsOf(ports, () => {
    const { upstream, clock, random, log } = ports;
    return { http: upstream, clock, random, log, tokenFor: tokenSource(ports), onAnswer: noteAnswer(ports) };
  });
}
