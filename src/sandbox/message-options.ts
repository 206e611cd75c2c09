import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import { invalidRequest, notFoundError } from "./api-error.ts";
import type { Holdings } from "./holdings.ts";
import type { Tool } from "./message.ts";
import type { ModelRecord } from "./model-catalogue.ts";

const MIN_BUDGET_TOKENS = 1_024;
const MAX_SKILLS = 20;

/** Models newer than Claude Opus 4.6 take none but the default sampling values. Throws 400. */
export function checkSampling({ temperature, top_p: topP, top_k: topK }: JsonObject, model: ModelRecord): void {
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

/** A value as an error names it. */
export function named(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** The tools offered. Throws 400 for one without a name or, unless it is the API's own, without an input schema. */
export function checkTools(value: Json | undefined): Tool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidRequest(`tools: ${fault(value, "a valid array")}`);
  return value.map((item, i) => {
    const { name, type = null, input_schema: schema = null } = isObject(item) ? (item as JsonObject) : {};
    if (typeof name !== "string") throw invalidRequest(`tools.${i}.name: Field required`);
    if ((type === null || type === "custom") && !isObject(schema)) {
      throw invalidRequest(`tools.${i}.custom.input_schema: Field required`);
    }
    return {
      name,
      type: type === null ? null : named(type),
      inputSchema: isObject(schema) ? (schema as JsonObject) : null,
    };
  });
}

/** How a tool is chosen; `auto` when nothing is said. Throws 400. */
export function checkToolChoice(choice: Json | undefined, tools: Tool[]): JsonObject {
  if (choice === undefined || choice === null) return { type: "auto" };
  if (!isObject(choice)) throw invalidRequest(`tool_choice: ${fault(choice, "an object")}`);
  const { type, name } = choice as JsonObject;
  if (type !== "auto" && type !== "any" && type !== "tool" && type !== "none") {
    throw invalidRequest("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
  if (tools.length === 0) throw invalidRequest("tool_choice may only be specified while providing tools.");
  if (type === "tool" && !tools.some((tool) => tool.name === name)) {
    throw invalidRequest(`Tool '${named(name)}' not found in provided tools`);
  }
  return choice as JsonObject;
}

/** How to think; null when nothing is said. Throws 400 for what the model cannot do. */
export function checkThinking(body: JsonObject, model: ModelRecord): JsonObject | null {
  const { thinking, max_tokens: maxTokens, tool_choice: choice } = body;
  if (thinking === undefined || thinking === null) return null;
  if (!isObject(thinking)) throw invalidRequest(`thinking: ${fault(thinking, "an object")}`);
  const { type, budget_tokens: budget } = thinking as JsonObject;
  if (type !== "enabled" && type !== "disabled" && type !== "adaptive" && type !== "between_tools") {
    throw invalidRequest("thinking.type: Input should be 'enabled', 'disabled', 'adaptive' or 'between_tools'");
  }
  if (type === "enabled" && !model.thinking.enabled) {
    throw invalidRequest('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".');
  }
  if (type === "adaptive" && !model.thinking.adaptive) {
    throw invalidRequest("adaptive thinking is not supported on this model");
  }
  if (type === "enabled") checkBudget(budget, maxTokens);
  if (isObject(choice) && (choice.type === "any" || choice.type === "tool") && type !== "disabled") {
    throw invalidRequest("Thinking may not be enabled when tool_choice forces tool use.");
  }
  return thinking as JsonObject;
}

function checkBudget(budget: Json | undefined, maxTokens: Json | undefined): void {
  const at = "thinking.enabled.budget_tokens";
  if (typeof budget !== "number") throw invalidRequest(`${at}: ${fault(budget, "a valid integer")}`);
  if (budget < MIN_BUDGET_TOKENS)
    throw invalidRequest(`${at}: Input should be greater than or equal to ${MIN_BUDGET_TOKENS}`);
  if (typeof maxTokens === "number" && budget >= maxTokens) {
    throw invalidRequest("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
}

/** The skills that a container loads. Throws 400 without a code execution tool, 404 for a skill that is not there. */
export function checkContainer(container: Json | undefined, tools: Tool[], { skills }: Holdings): void {
  const wanted = isObject(container) ? (container as JsonObject).skills : undefined;
  if (!Array.isArray(wanted) || wanted.length === 0) return;
  if (wanted.length > MAX_SKILLS) throw invalidRequest(`container.skills: at most ${MAX_SKILLS} skills are allowed`);
  if (!tools.some(({ type }) => type?.startsWith("code_execution"))) {
    throw invalidRequest("container.skills: skills can only be used when a code execution tool is enabled.");
  }
  for (const skill of wanted) {
    const id = named(isObject(skill) ? (skill as JsonObject).skill_id : skill);
    if (!skills.find(id)) throw notFoundError(`Skill \`${id}\` not found.`);
  }
}

/** Texts that end the answer. Throws 400 for blank ones. */
export function checkStopSequences(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalidRequest(`stop_sequences: ${fault(value, "a valid array")}`);
  return value.map((item, i) => {
    if (typeof item !== "string") throw invalidRequest(`stop_sequences.${i}: Input should be a valid string`);
    if (item.trim() === "") throw invalidRequest("stop_sequences: each stop sequence must contain non-whitespace");
    return item;
  });
}

/** `Field required` when absent, else what it should be. */
export function fault(value: Json | undefined, expected: string): string {
  return value === undefined ? "Field required" : `Input should be ${expected}`;
}
