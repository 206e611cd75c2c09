import type { Ports } from "../context.ts";
import type { EngineDeps } from "../engine/call.ts";
import { oncePer } from "../engine/once-per.ts";
import { noteAnswer } from "./allowances.ts";
import { tokenSource } from "./tokens/token-source.ts";

/** The ports that a call to a provider needs. */
export type EnginePorts = Pick<Ports, "upstream" | "clock" | "random" | "log" | "store" | "vault" | "newId" | "config">;

const keepersOf = oncePer<EnginePorts, Pick<EngineDeps, "tokenFor" | "onAnswer">>();

/** They, by the engine's names. */
export function engineDeps(ports: EnginePorts): EngineDeps {
  const { upstream, clock, random, log, vault } = ports;
  const { tokenFor, onAnswer } = keepersOf(ports, () => ({
    tokenFor: tokenSource(ports),
    onAnswer: noteAnswer(ports),
  }));
  return { http: upstream, clock, random, log, tokenFor, digest: vault.digest, onAnswer };
}
