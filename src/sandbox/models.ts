import { isoTime } from "../kernel/clock.ts";
import type { Json } from "../kernel/json.ts";
import { invalidRequest, notFoundError } from "./api-error.ts";
import { Collection } from "./collections.ts";
import { type Endpoint, json } from "./endpoint.ts";
import { type ModelRecord, modelCatalogue, newModel } from "./model-catalogue.ts";
import { listById } from "./paging.ts";
import { apiSecond, apiTimeOrNull, type WorldClock } from "./world-clock.ts";

export type Lifecycle = "active" | "deprecated" | "retired";

const LIFECYCLES: readonly string[] = ["active", "deprecated", "retired"];
const LISTED_BY_DEFAULT = ["active", "deprecated"];

/** What may be told of a model that appears; the rest is as of the newest models. */
export type NewModel = { id: string } & Partial<Omit<ModelRecord, "id">>;

/** The models that the account can see. Their lifecycle follows from the clock. */
export class Models {
  readonly #clock: WorldClock;
  readonly #all = new Collection<ModelRecord>();

  constructor(clock: WorldClock, seeded: boolean) {
    this.#clock = clock;
    for (const model of seeded ? modelCatalogue() : []) this.#all.add(model, model.createdAt);
  }

  /** A launch, or access that was granted: an older `createdAt` puts it further down the list. */
  add(model: NewModel): ModelRecord {
    const today = Date.parse(apiDay(this.#clock.now()));
    const record = { ...newModel(model.id, model.createdAt ?? today), ...model };
    this.#all.delete(model.id);
    this.#all.add(record, record.createdAt);
    return record;
  }

  /** Retired as of now: gone from the default list, still there to be read. False when there is none of that name. */
  retire(name: string): boolean {
    const model = this.find(name);
    if (!model) return false;
    model.deprecatedAt ??= this.#clock.now();
    model.retiresAt = this.#clock.now();
    return true;
  }

  /** Access is withdrawn: gone altogether. */
  remove(id: string): boolean {
    return this.#all.delete(id);
  }

  /** By id or alias. */
  find(name: string): ModelRecord | undefined {
    return this.#all.get(name) ?? this.#all.values().find(({ aliases }) => aliases.includes(name));
  }

  /** A model that answers. Throws 404 as the API words it, for a retired one too. */
  serving(name: string): ModelRecord {
    const model = this.find(name);
    if (!model || this.lifecycle(model) === "retired") throw notFoundError(`model: ${name}`);
    return model;
  }

  /** Those that answer as of now, oldest first. */
  answering(): ModelRecord[] {
    return this.#all.values().filter((model) => this.lifecycle(model) !== "retired");
  }

  lifecycle({ deprecatedAt, retiresAt }: ModelRecord): Lifecycle {
    const now = this.#clock.now();
    if (retiresAt !== null && retiresAt <= now) return "retired";
    return deprecatedAt !== null && deprecatedAt <= now ? "deprecated" : "active";
  }

  get size(): number {
    return this.#all.size;
  }

  /** GET /v1/models */
  list(pageSize: number): Endpoint {
    return ({ query, faults }) => {
      const wanted = lifecyclesOf(query);
      const keep = (model: ModelRecord) => wanted.includes(this.lifecycle(model));
      return json(listById(this.#all, { query, pageSize, keep, show: (model) => this.#show(model), faults }));
    };
  }

  /** GET /v1/models/{id or alias} */
  readonly read: Endpoint = ({ param }) => {
    const model = this.find(param("id"));
    if (!model) throw notFoundError(`model: ${param("id")}`);
    return json(this.#show(model));
  };

  #show(model: ModelRecord): Json {
    return {
      id: model.id,
      type: "model",
      display_name: model.display_name,
      created_at: apiSecond(model.createdAt),
      lifecycle: this.lifecycle(model),
      deprecated_at: apiTimeOrNull(model.deprecatedAt),
      retires_at: apiTimeOrNull(model.retiresAt),
      line: model.line,
      max_input_tokens: model.max_input_tokens,
      max_tokens: model.max_tokens,
      capabilities: model.capabilities,
    };
  }
}

function lifecyclesOf(query: URLSearchParams): string[] {
  const wanted = query.getAll("lifecycle[]");
  const unknown = wanted.find((lifecycle) => !LIFECYCLES.includes(lifecycle));
  if (unknown !== undefined) {
    throw invalidRequest(`lifecycle: Input should be 'active', 'deprecated' or 'retired', not '${unknown}'`);
  }
  return wanted.length > 0 ? wanted : LISTED_BY_DEFAULT;
}

function apiDay(ms: number): string {
  return isoTime(ms).slice(0, 10);
}
