import type { Json, JsonObject } from "../kernel/json.ts";
import { invalidRequest } from "./api-error.ts";
import { refuseExtras } from "./body.ts";
import type { ApiVersion } from "./endpoint.ts";
import type { Holdings } from "./holdings.ts";
import type { Tool } from "./message.ts";
import { checkContent } from "./message-content.ts";
import {
  checkContainer,
  checkSampling,
  checkStopSequences,
  checkThinking,
  checkToolChoice,
  checkTools,
  fault,
} from "./message-options.ts";
import type { ModelRecord } from "./model-catalogue.ts";

/** A request that was checked; `body` is as it came. */
export interface MessageRequest {
  model: ModelRecord;
  maxTokens: number;
  stopSequences: string[];
  stream: boolean;
  tools: Tool[];
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
/** The newer version drops the sampling parameters. */
const KNOWN: Record<ApiVersion, Record<"create" | "count", ReadonlySet<string>>> = {
  "2026-10-21": { create: new Set(CREATED), count: new Set(COUNTED) },
  "2023-06-01": { create: new Set([...CREATED, ...SAMPLING]), count: new Set([...COUNTED, ...SAMPLING]) },
};
const MAX_MESSAGES = 100_000;

/** Checks POST /v1/messages (`create`) or …/count_tokens (`count`). Throws 400 as the API words it, 404 for an unknown model, file or skill. */
export function parseMessageRequest(
  body: JsonObject,
  version: ApiVersion,
  holdings: Holdings,
  purpose: "create" | "count",
): MessageRequest {
  if (typeof body.model !== "string") throw invalidRequest(`model: ${fault(body.model, "a valid string")}`);
  const maxTokens = purpose === "create" ? readMaxTokens(body.max_tokens) : 0;
  checkMessages(body.messages);
  refuseExtras(body, KNOWN[version][purpose]);
  const model = holdings.models.serving(body.model);
  if (model.max_tokens !== null && maxTokens > model.max_tokens) {
    const most = `${model.max_tokens}, which is the maximum allowed number of output tokens for ${model.id}`;
    throw invalidRequest(`max_tokens: ${maxTokens} > ${most}`);
  }
  checkSampling(body, model);
  checkContent(body, version, holdings);
  const tools = checkTools(body.tools);
  checkContainer(body.container, tools, holdings);
  return {
    model,
    maxTokens,
    stopSequences: checkStopSequences(body.stop_sequences),
    stream: readStream(body.stream),
    tools,
    toolChoice: checkToolChoice(body.tool_choice, tools),
    thinking: checkThinking(body, model),
    body,
  };
}

function readMaxTokens(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw invalidRequest(`max_tokens: ${fault(value, "a valid integer")}`);
  }
  if (value < 0) throw invalidRequest("max_tokens: Input should be greater than or equal to 0");
  return value;
}

function readStream(value: Json | undefined): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    throw invalidRequest("stream: Input should be a valid boolean");
  }
  return value ?? false;
}

function checkMessages(messages: Json | undefined): void {
  if (!Array.isArray(messages)) throw invalidRequest(`messages: ${fault(messages, "a valid array")}`);
  if (messages.length === 0) throw invalidRequest("messages: at least one message is required");
  if (messages.length > MAX_MESSAGES) throw invalidRequest(`messages: at most ${MAX_MESSAGES} messages are allowed`);
}
