import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import { invalidRequest } from "./api-error.ts";
import { refuseExtras } from "./body.ts";
import type { ApiVersion } from "./endpoint.ts";
import type { Holdings } from "./holdings.ts";
import { checkContent } from "./message-content.ts";
import type { ModelRecord } from "./model-catalogue.ts";

/** A request that was checked; `body` is as it came. */
export interface MessageRequest {
  model: ModelRecord;
  maxTokens: number;
  stopSequences: string[];
  stream: boolean;
  tools: JsonObject[];
  toolChoice: JsonObject;
  thinking: JsonObject | null;
  body: JsonObject;
}

const SAMPLING = ["temperature", "top_p", "top_k"];
const COUNTED = [
  "model",
  "messages",
  "cache_control",
  "output_config",
  "speed",
  "system",
  "thinking",
  "tool_choice",
  "tools",
];
const CREATED = [
  ...COUNTED,
  "max_tokens",
  "container",
  "diagnostics",
  "inference_geo",
  "metadata",
  "service_tier",
  "stop_sequences",
  "stream",
];
const KNOWN = {
  "2026-10-21": { create: new Set(CREATED), count: new Set(COUNTED) },
  "2023-06-01": { create: new Set([...CREATED, ...SAMPLING]), count: new Set([...COUNTED, ...SAMPLING]) },
} as const satisfies Record<ApiVersion, Record<"create" | "count", ReadonlySet<string>>>;

const MAX_MESSAGES = 100_000;

/** Checks POST /v1/messages (`create`) or …/count_tokens (`count`). Throws 400 as the API words it, 404 for an unknown model or file. */
export function parseMessageRequest(
  body: JsonObject,
  version: ApiVersion,
  holdings: Holdings,
  purpose: "create" | "count",
): MessageRequest {
  if (typeof body.model !== "string") throw invalidRequest(`model: ${fault(body.model, "a valid string")}`);
  const maxTokens = purpose === "create" ? positive(body.max_tokens) : 0;
  checkMessages(body.messages);
  refuseExtras(body, KNOWN[version][purpose]);
  const model = holdings.models.serving(body.model);
  if (model.max_tokens !== null && maxTokens > model.max_tokens) {
    throw invalidRequest(
      `max_tokens: ${maxTokens} > ${model.max_tokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    );
  }
  checkSampling(body, model);
  checkContent(body, version, holdings);
  const tools = objects(body.tools, "tools");
  return {
    model,
    maxTokens,
    stopSequences: strings(body.stop_sequences, "stop_sequences"),
    stream: flag(body.stream),
    tools,
    toolChoice: checkToolChoice(body.tool_choice, tools),
    thinking: checkThinking(body, model),
    body,
  };
}

function positive(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw invalidRequest(`max_tokens: ${fault(value, "a valid integer")}`);
  }
  if (value < 0) throw invalidRequest("max_tokens: Input should be greater than or equal to 0");
  return value;
}

function checkMessages(messages: Json | undefined): void {
  if (!Array.isArray(messages)) throw invalidRequest(`messages: ${fault(messages, "a valid array")}`);
  if (messages.length === 0) throw invalidRequest("messages: at least one message is required");
  if (messages.length > MAX_MESSAGES) throw invalidRequest(`messages: at most ${MAX_MESSAGES} messages are allowed`);
}

/** Models newer than Claude Opus 4.6 take none but the default values. */
function checkSampling({ temperature, top_p: topP, top_k: topK }: JsonObject, model: ModelRecord): void {
  if (typeof temperature === "number" && (temperature < 0 || temperature > 1)) {
    throw invalidRequest("temperature: range: 0..1");
  }
  if (model.thinking.enabled || !model.thinking.adaptive) return;
  const changed = [
    ["temperature", temperature !== undefined && temperature !== 1],
    ["top_p", topP !== undefined && !(typeof topP === "number" && topP >= 0.99)],
    ["top_k", topK !== undefined],
  ].find(([, isChanged]) => isChanged);
  if (changed) throw invalidRequest(`\`${changed[0]}\` may only be set to its default for this model.`);
}

function checkToolChoice(choice: Json | undefined, tools: JsonObject[]): JsonObject {
  if (choice === undefined || choice === null) return { type: "auto" };
  if (!isObject(choice)) throw invalidRequest(`tool_choice: ${fault(choice, "an object")}`);
  const { type, name } = choice as JsonObject;
  if (type !== "auto" && type !== "any" && type !== "tool" && type !== "none") {
    throw invalidRequest("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
  if (tools.length === 0) throw invalidRequest("tool_choice may only be specified while providing tools.");
  if (type === "tool" && !tools.some((tool) => tool.name === name)) {
    throw invalidRequest(`Tool '${String(name)}' not found in provided tools`);
  }
  return choice as JsonObject;
}

const MIN_BUDGET = 1_024;

function checkThinking(
  { thinking, max_tokens: maxTokens, tool_choice: choice }: JsonObject,
  model: ModelRecord,
): JsonObject | null {
  if (thinking === undefined || thinking === null) return null;
  if (!isObject(thinking)) throw invalidRequest(`thinking: ${fault(thinking, "an object")}`);
  const { type, budget_tokens: budget } = thinking as JsonObject;
  if (type !== "enabled" && type !== "disabled" && type !== "adaptive" && type !== "between_tools") {
    throw invalidRequest("thinking.type: Input should be 'enabled', 'disabled', 'adaptive' or 'between_tools'");
  }
  if (type === "enabled" && !model.thinking.enabled) {
    throw invalidRequest('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".');
  }
  if (type === "adaptive" && !model.thinking.adaptive)
    throw invalidRequest("adaptive thinking is not supported on this model");
  if (type === "enabled") checkBudget(budget, maxTokens);
  const forced = isObject(choice) && (choice.type === "any" || choice.type === "tool");
  if (forced && type !== "disabled")
    throw invalidRequest("Thinking may not be enabled when tool_choice forces tool use.");
  return thinking as JsonObject;
}

function checkBudget(budget: Json | undefined, maxTokens: Json | undefined): void {
  if (typeof budget !== "number")
    throw invalidRequest(`thinking.enabled.budget_tokens: ${fault(budget, "a valid integer")}`);
  if (budget < MIN_BUDGET) {
    throw invalidRequest(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${MIN_BUDGET}`);
  }
  if (typeof maxTokens === "number" && budget >= maxTokens) {
    throw invalidRequest("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
}

function flag(value: Json | undefined): boolean {
  if (value !== undefined && typeof value !== "boolean")
    throw invalidRequest("stream: Input should be a valid boolean");
  return value ?? false;
}

function strings(value: Json | undefined, name: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidRequest(`${name}: ${fault(value, "a valid array")}`);
  const odd = value.findIndex((item) => typeof item !== "string");
  if (odd >= 0) throw invalidRequest(`${name}.${odd}: Input should be a valid string`);
  const blank = value.findIndex((item) => String(item).trim() === "");
  if (blank >= 0) throw invalidRequest(`${name}: each stop sequence must contain non-whitespace`);
  return value as string[];
}

function objects(value: Json | undefined, name: string): JsonObject[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidRequest(`${name}: ${fault(value, "a valid array")}`);
  value.forEach((item, i) => {
    if (!isObject(item) || typeof item.name !== "string") throw invalidRequest(`${name}.${i}.name: Field required`);
    if (item.type === undefined && !isObject(item.input_schema)) {
      throw invalidRequest(`${name}.${i}.custom.input_schema: Field required`);
    }
  });
  return value as JsonObject[];
}

/** `Field required` when absent, else what it should be. */
function fault(value: Json | undefined, expected: string): string {
  return value === undefined ? "Field required" : `Input should be ${expected}`;
}
