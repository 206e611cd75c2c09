import { type Mind, NOTHING_KNOWN, type Outcome, settleHeld, type Told } from "./mind.ts";
import { SweepWatch } from "./sweep-watch.ts";
import type { Edition, Setting } from "./things.ts";

/** What a person may do to a poller. */
export const DEEDS = ["pause", "resume", "reset", "release", "dismiss"] as const;
export type Deed = (typeof DEEDS)[number];

/** A mind that follows the sweeps of one poller. What was not stored before a process died was never seen. */
export class PerfectObserver {
  readonly setting: Setting;
  mind: Mind;
  /** Everything that must be told, in order. */
  readonly told: Told[] = [];
  /** Removals that a person said, not the provider. */
  readonly released = new Set<string>();
  readonly #watches = new Set<SweepWatch>();

  constructor(setting: Setting, edition: Edition) {
    this.setting = setting;
    this.mind = { ...NOTHING_KNOWN, key: edition.key, lastCompleteAt: null };
  }

  /** A sweep begins. */
  watch(edition: Edition, now: number): SweepWatch {
    const watch = new SweepWatch(this, edition, now);
    this.#watches.add(watch);
    return watch;
  }

  /** A person's deed was stored. */
  did(deed: Deed): void {
    this.movedOn(null);
    if (deed === "reset") this.mind = { ...this.mind, ...NOTHING_KNOWN };
    if (deed !== "release" && deed !== "dismiss") return;
    const outcome = settleHeld(this.mind, deed);
    for (const { key } of outcome.told) this.released.add(key);
    this.take(outcome);
  }

  /** Something was stored, by a sweep or by a person: any other sweep under way may store nothing more. */
  movedOn(by: SweepWatch | null): void {
    for (const watch of this.#watches) if (watch !== by) watch.cut();
    this.#watches.clear();
    if (by) this.#watches.add(by);
  }

  /** A sweep goes on from what is there now. */
  take({ mind, told }: Outcome): void {
    this.mind = mind;
    this.told.push(...told);
  }
}
