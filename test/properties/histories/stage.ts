import SqliteClient, { type Database as Client } from "better-sqlite3";
import { TidewireError } from "../../../src/kernel/errors.ts";
import { HttpFailure, type HttpRequest, type HttpResponse } from "../../../src/net/port.ts";
import type { CommitResult, PollCommit } from "../../../src/store/acts.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { type Fault, ThingsApi } from "./api.ts";
import { type Change, Collection } from "./collection.ts";
import { CALM, type Cut, type History, type Incident, type SweepStep } from "./history.ts";
import { Mortal } from "./mortal.ts";
import { type Deed, PerfectObserver } from "./observer.ts";
import { incidentText, openingOf, shownText, stepText, toldText } from "./story.ts";
import type { SweepWatch } from "./sweep-watch.ts";
import { ALL_FIELDS, BASE_URL, type Edition, thingsConnector } from "./things.ts";
import { Verdict } from "./verdict.ts";

/** The product told something false, or left something untold. The message is the story up to there. */
export class FalseHistory extends Error {}

const MINUTE_MS = 60_000;
const FIRST_EDITION: Edition = { key: "id", compared: ALL_FIELDS, ready: false };

interface UnderWay {
  step: SweepStep;
  watch: SweepWatch;
  requests: number;
  commits: number;
  isStopping: boolean;
}

/** The product between a provider and a database, all of which do what a history says, and beside them the perfect observer. */
export class Stage {
  readonly truth = new Collection();
  readonly api: ThingsApi;
  edition = FIRST_EDITION;
  sweeps = 0;
  crashes = 0;
  readonly verdict: Verdict;
  readonly #history: History;
  readonly #client: Client;
  readonly #clock = new ManualClock();
  readonly #observer: PerfectObserver;
  readonly #underWay = new Map<Mortal, UnderWay>();
  readonly #story: string[] = [];
  readonly #breaches: string[] = [];
  #process: Mortal | null = null;
  #deed: { deed: Deed; cut: Cut | null } | null = null;

  /** `database` is the image of an empty one. */
  constructor(history: History, database: Buffer) {
    this.#history = history;
    this.#client = new SqliteClient(database);
    this.api = new ThingsApi(this.truth, history.setting.paging, history.manner);
    this.#observer = new PerfectObserver(history.setting, this.edition);
    this.verdict = new Verdict(this.truth, this.#observer);
  }

  close(): void {
    this.#process?.kill();
    this.#client.close();
  }

  /** The process that runs. */
  get process(): Mortal {
    if (!this.#process) throw new Error("no process was started");
    return this.#process;
  }

  /** Starts a process, if none is alive. */
  async boot(): Promise<void> {
    if (this.#process && !this.#process.isDead) return;
    if (this.#process) this.crashes++;
    this.#process = await Mortal.boot({
      client: this.#client,
      clock: this.#clock,
      connector: thingsConnector(this.#history.setting, this.edition),
      upstream: (request, process) => this.#answer(request, process),
      commit: (act, process, write) => this.#commit(act, process, write),
    });
  }

  change(change: Change): void {
    // By a clock that is put back nobody can say what expired once.
    if (change.do === "expire" && this.#history.isClockSet) return;
    this.truth.change(change, this.#clock.now());
  }

  wait(minutes: number): void {
    this.#clock.jump((this.#history.isClockSet ? minutes : Math.abs(minutes)) * MINUTE_MS);
  }

  /** A person's deed. */
  async do(deed: Deed, cut: Cut | null): Promise<void> {
    this.#deed = { deed, cut };
    await this.process.do(deed).catch((error: unknown) => this.#refused(error));
    this.#deed = null;
  }

  /** One sweep of the process that runs; then what was told is compared. */
  async sweep(step: SweepStep): Promise<void> {
    const { process } = this;
    const from = this.truth.moment;
    const watch = this.#observer.watch(this.edition, this.#clock.now());
    const seesAll = watch.readsAll && this.api.hidden === "no" && step === CALM;
    const underWay = { step, watch, requests: 0, commits: 0, isStopping: false };
    this.#underWay.set(process, underWay);
    this.sweeps++;
    this.say(stepText(step));
    const ended = await process.sweep().catch((error: unknown) => this.#refused(error));
    const isSaid = typeof ended === "string";
    this.say(`  ends: ${isSaid ? ended : (ended.error ?? (ended.complete ? "complete" : "at the head"))}`);
    watch.cut();
    this.#underWay.delete(process);
    if (underWay.isStopping) process.kill();
    await this.boot();
    await this.compare(from);
    if (seesAll) this.judge(this.verdict.unknown());
  }

  async compare(from: number): Promise<void> {
    const wrong = await this.verdict.compare(this.process.ports.store, from, (one) =>
      this.say(`  told: ${toldText(one)}`),
    );
    this.judge([...wrong, ...this.#breaches]);
  }

  /** Throws `FalseHistory` when something is wrong. */
  judge(wrong: readonly string[]): void {
    if (wrong.length > 0) throw new FalseHistory([openingOf(this.#history), ...this.#story, ...wrong].join("\n"));
  }

  say(line: string): void {
    this.#story.push(line);
  }

  /** What a process asks of the provider. */
  async #answer(request: HttpRequest, process: Mortal): Promise<HttpResponse> {
    const sweep = this.#underWay.get(process);
    if (!sweep) throw new Error(`${request.url} was asked for outside of a sweep`);
    sweep.requests++;
    let fault: Fault | null = null;
    for (const { at, incident } of sweep.step.incidents) {
      if (at !== sweep.requests) continue;
      this.say(`  before request ${at}: ${incidentText(incident)}`);
      if (incident.does === "fault") fault = incident.fault;
      else await this.#befall(incident, process, sweep);
      if (process.isDead) throw new HttpFailure("aborted", "nobody waits for the answer", true);
    }
    const { response, shown } = this.api.answer(request, fault);
    this.say(`  ${request.url.slice(BASE_URL.length)}: ${shownText(shown)}`);
    if (shown.what === "read" && shown.thing === "not found" && this.truth.get(shown.key)) {
      this.verdict.lies.add(shown.key);
    }
    sweep.watch.shown(shown, this.#clock.now());
    if (response instanceof HttpFailure) throw response;
    return response;
  }

  async #befall(incident: Exclude<Incident, { does: "fault" }>, process: Mortal, sweep: UnderWay): Promise<void> {
    switch (incident.does) {
      case "change":
        for (const change of incident.changes) this.change(change);
        return;
      case "deed":
        return this.do(incident.deed, null);
      case "wait":
        return this.wait(incident.minutes);
      case "kill":
        return process.kill();
      case "stop":
        sweep.isStopping = true;
        void process.stop();
        throw new HttpFailure("aborted", "the process stops", true);
      case "usurp":
        if (this.#process !== process) return;
        this.#process = null;
        await this.boot();
        return this.sweep(CALM);
    }
  }

  /** What a process stores. */
  async #commit(act: PollCommit, process: Mortal, write: () => Promise<CommitResult>): Promise<CommitResult> {
    const deed = this.#deed;
    const sweep = this.#underWay.get(process);
    const cut = deed ? deed.cut : cutOf(sweep);
    if (cut) this.say(`  commit${act.sweep ? ", the last one" : ""}: ${cut}`);
    if (cut === "dies before") process.kill();
    if (cut === "dies before" || cut === "refused") throw new TidewireError("database_full", "it is full");
    const result = await write();
    if (result === "committed") this.#stored(act, deed?.deed ?? null, sweep);
    if (cut === "dies after") process.kill();
    if (cut === "answer lost") throw new TidewireError("database_full", "nobody knows");
    return result;
  }

  #stored(act: PollCommit, deed: Deed | null, sweep: UnderWay | undefined): void {
    try {
      if (deed) this.#observer.did(deed);
      else sweep?.watch.stored(act.sweep ?? null, this.#clock.now());
    } catch (error) {
      // The product must not be the one to catch it.
      this.#breaches.push(String(error));
    }
  }

  #refused(error: unknown): string {
    if (error instanceof TidewireError && error.code === "database_full") return "it could not be stored";
    this.#breaches.push(String(error));
    return String(error);
  }
}

function cutOf(sweep: UnderWay | undefined): Cut | null {
  if (!sweep) return null;
  sweep.commits++;
  const { cut } = sweep.step;
  return cut?.commit === sweep.commits ? cut.how : null;
}
