import type { Ports } from "../context.ts";
import type { EngineDeps } from "../engine/call.ts";
import { noteAnswer } from "./allowances.ts";
import { tokenSource } from "./tokens/token-source.ts";

/** The ports that a call to a provider needs. */
export type EnginePorts = Pick<Ports, "upstream" | "clock" | "random" | "log" | "store" | "vault" | "newId" | "config">;

/** They, by the engine's names. */
export function engineDeps(ports: EnginePorts): EngineDeps {
  const { upstream, clock, random, log } = ports;
  return { http: upstream, clock, random, log, tokenFor: tokenSource(ports), onAnswer: noteAnswer(ports) };
}
