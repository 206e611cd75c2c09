import { messageOf } from "../../src/kernel/errors.ts";
import type { Order, Outcome } from "../program.ts";

/** Says that this program is ready, then does what it is asked by name. `url` is where it listens, if it does. */
export function obey(commands: Record<string, (argument: never) => unknown>, url = ""): void {
  process.on("message", async ({ n, command, argument }: Order) => {
    try {
      const act = commands[command];
      if (act === undefined) throw new Error(`there is no "${command}" to do`);
      tell({ n, result: await act(argument as never) });
    } catch (error) {
      tell({ n, error: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) });
    }
  });
  process.once("SIGTERM", () => process.exit(0)); // an end of its own accord, so that profiles get written
  tell({ ready: url });
}

function tell(outcome: Outcome): void {
  process.send?.(outcome);
}
