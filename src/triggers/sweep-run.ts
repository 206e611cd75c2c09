import type { Ports } from "../context.ts";
import { type PublishPorts, planTold } from "../events/publish.ts";
import type { NewEvent } from "../model/event.ts";
import { isGone, type StoredPoller, type Sweep } from "../model/poller.ts";
import type { PollCommit } from "../store/acts.ts";
import type { Detection, ItemChange, Told } from "./detect.ts";
import { PageMemory } from "./page-memory.ts";
import { type HasRoom, ROOM } from "./room.ts";
import { Seen } from "./seen.ts";
import type { Subject } from "./subject.ts";
import { Unstored } from "./unstored.ts";

export type SweepPorts = PublishPorts & Pick<Ports, "connectors" | "vault" | "upstream" | "random" | "log">;

/** Changed items that one commit stores, unless a single page has more of them. */
const TOGETHER = 100;

/** Another commit moved the poller on (a reset, a pause, another process): this sweep ends and writes nothing more. */
export class Superseded extends Error {}

interface Writing extends Partial<Detection> {
  patch?: PollCommit["patch"];
  /** Events that Tidewire tells about itself. */
  operational?: NewEvent[];
  clearItems?: boolean;
  sweep?: Sweep;
}

/** One sweep under way: what it met so far, and its commits, each on top of the one before. */
export class SweepRun {
  readonly ports: SweepPorts;
  readonly subject: Subject;
  readonly hasRoom: HasRoom;
  /** The items that it met. */
  readonly seen = new Seen();
  /** Those of them that it stored anew. */
  readonly moved = new Seen();
  readonly pages: PageMemory;
  /** False in `head` mode, which reads a page or two. */
  readonly keepsPages: boolean;
  readonly startedAt: number;
  readonly tally = {
    pages: 0,
    listed: 0,
    keyless: 0,
    added: 0,
    changed: 0,
    removed: 0,
    events: 0,
    heldReturned: 0,
    open: 0,
  };
  /** What changed, and is for the next commit. */
  readonly unstored = new Unstored();
  /** As the last commit left it. */
  poller: StoredPoller;
  /** Items known when the sweep began. */
  known: number;

  constructor(ports: SweepPorts, subject: Subject, poller: StoredPoller, hasRoom: HasRoom = ROOM) {
    this.ports = ports;
    this.subject = subject;
    this.hasRoom = hasRoom;
    this.poller = poller;
    this.known = poller.items;
    const { pagesPrint } = subject.compiled;
    const isTrusted = pagesPrint !== null && poller.pagesPrint === pagesPrint;
    this.pages = new PageMemory(ports.store.pollers, poller.id, isTrusted);
    this.keepsPages = pagesPrint !== null;
    this.startedAt = ports.clock.now();
  }

  /** True until the first complete sweep has ended: everything is adopted, nothing is told. */
  get isSilent(): boolean {
    return this.poller.baselinedAt === null;
  }

  /**
   * Stores what a page changed, together with what the pages around it do: a commit costs more than all that it stores of one.
   * New items are stored at once, for their numbers.
   */
  async store(found: Detection): Promise<void> {
    this.unstored.add(found);
    const isNew = found.changes.some(({ before }) => before === null);
    if (isNew || this.unstored.size >= TOGETHER) await this.commit({});
  }

  /** Stores what is not stored yet. */
  async flush(): Promise<void> {
    if (this.unstored.size > 0) await this.commit({});
  }

  /** Stores rows, events and the work to deliver them in one transaction. Throws `Superseded`. */
  async commit({ operational = [], patch, clearItems, sweep, ...found }: Writing): Promise<void> {
    this.unstored.add({ changes: [], told: [], ...found });
    const { changes, told } = this.unstored.take();
    const untrusted = changes.length > 0 ? { pagesPrint: null } : {};
    const moved = { ...this.#counts(changes), ...untrusted, ...patch };
    const events = [...told.map((one) => this.#event(one)), ...operational];
    const result = await this.ports.store.commitPoll({
      pollerId: this.poller.id,
      expectVersion: this.poller.version,
      patch: moved,
      items: changes.map(({ after }) => after),
      told: await planTold(this.ports, events),
      ...this.pages.take(),
      ...(clearItems ? { clearItems } : {}),
      ...(sweep ? { sweep } : {}),
    });
    if (result === "stale") throw new Superseded(`poller ${this.poller.id} moved on`);
    this.poller = { ...this.poller, ...moved, version: this.poller.version + 1 };
    this.tally.events += told.length;
  }

  #counts(changes: readonly ItemChange[]): Pick<StoredPoller, "items" | "held"> {
    let { items, held } = this.poller;
    for (const { before, after } of changes) {
      items += Number(!isGone(after)) - Number(before !== null && !isGone(before));
      held += Number(after.status === "held") - Number(before?.status === "held");
    }
    return { items, held };
  }

  #event({ type, key, occurrence, record, previous }: Told): NewEvent {
    const { connection, connector, resource, compiled } = this.subject;
    const now = this.ports.clock.now();
    const payload = compiled.payloads.get(type);
    if (!payload) throw new Error(`no payload was compiled for ${type}`);
    return {
      id: this.ports.newId("evt"),
      type,
      timestamp: now,
      connector: connector.handle,
      connectionId: connection.id,
      connection: connection.name,
      resource: resource.handle,
      data: payload(record, now),
      previous: previous === undefined ? undefined : payload(previous, now),
      ...(previous === undefined ? {} : { changed: compiled.changedFields(previous, record) }),
      dedupeKey: JSON.stringify([connection.id, this.poller.generation, type, key, occurrence]),
    };
  }
}
