import { createHash } from "node:crypto";
import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import type { ContentBlock, Message, StopReason, Tool, Usage } from "./message.ts";
import type { MessageRequest } from "./message-request.ts";
import { sampleOf } from "./schema-sample.ts";
import { CHARS_PER_TOKEN, requestTokens, textTokens } from "./tokens.ts";

/** What the sandbox says to a request, before it is given ids: the same for the same request, always. */
interface Draft {
  content: ContentBlock[];
  stopReason: StopReason;
  stopSequence: string | null;
  thinkingTokens: number;
  outputTokens: number;
}

/** Composes the message object. `id` names it; `toolId` is asked for the id of a tool use. */
export function composeMessage(
  request: MessageRequest,
  id: string,
  toolId: () => string,
  serviceTier: Usage["service_tier"] = "standard",
): Message {
  const draft = compose(request, toolId);
  return {
    id,
    type: "message",
    role: "assistant",
    model: request.model.id,
    content: draft.content,
    stop_reason: draft.stopReason,
    stop_sequence: draft.stopSequence,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: requestTokens(request.body),
      output_tokens: draft.outputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens_details: { thinking_tokens: draft.thinkingTokens },
      server_tool_use: null,
      service_tier: serviceTier,
      speed: request.body.speed === "fast" ? "fast" : "standard",
      inference_geo: typeof request.body.inference_geo === "string" ? request.body.inference_geo : "global",
    },
  };
}

function compose(request: MessageRequest, toolId: () => string): Draft {
  const seed = seedOf(request);
  const draft: Draft = { content: [], stopReason: "end_turn", stopSequence: null, thinkingTokens: 0, outputTokens: 0 };
  const tool = chosenTool(request, seed);
  if (thinks(request, tool !== undefined)) think(request, seed, draft);
  if (draft.outputTokens >= request.maxTokens) return { ...draft, stopReason: "max_tokens" };
  if (tool === undefined || !isForced(request))
    say(request, tool ? `I will use ${tool.name}.` : answerText(request, seed), draft);
  if (tool !== undefined && draft.stopReason === "end_turn") use(tool, toolId(), request.maxTokens, draft);
  return draft;
}

function think({ thinking, maxTokens, model }: MessageRequest, seed: string, draft: Draft): void {
  const thought = `The request has the fingerprint ${seed.slice(0, 8)}. I will say who answers and repeat what was asked.`;
  const isShown =
    thinking?.display === "summarized" || (thinking?.type === "enabled" && thinking.display !== "omitted");
  draft.thinkingTokens = Math.min(textTokens(thought), maxTokens);
  draft.outputTokens = draft.thinkingTokens;
  const signature = `Eq${createHash("sha512").update(`${model.id}${seed}`).digest("base64")}`;
  draft.content.push({ type: "thinking", thinking: isShown ? thought : "", signature });
}

/** Adds a text block, cut at the first stop sequence or when the tokens are used up. */
function say({ stopSequences, maxTokens }: MessageRequest, full: string, draft: Draft): void {
  const stop = stopSequences
    .map((sequence) => ({ sequence, at: full.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
  const text = stop ? full.slice(0, stop.at) : full;
  const left = maxTokens - draft.outputTokens;
  if (textTokens(text) > left) draft.stopReason = "max_tokens";
  else if (stop) Object.assign(draft, { stopReason: "stop_sequence", stopSequence: stop.sequence });
  const said = text.slice(0, left * CHARS_PER_TOKEN);
  draft.outputTokens += textTokens(said);
  if (said !== "") draft.content.push({ type: "text", text: said, citations: null });
}

function use(tool: Tool, id: string, maxTokens: number, draft: Draft): void {
  const input = sampleOf(tool.inputSchema ?? {});
  const tokens = textTokens(JSON.stringify(input));
  const fits = draft.outputTokens + tokens <= maxTokens;
  draft.stopReason = fits ? "tool_use" : "max_tokens";
  draft.outputTokens = Math.min(draft.outputTokens + tokens, maxTokens);
  draft.content.push({ type: "tool_use", id, name: tool.name, input: fits ? input : {}, caller: { type: "direct" } });
}

/** The newest models think unless told not to; the others when told to. A forced tool leaves no room for it. */
function thinks({ thinking, model, toolChoice }: MessageRequest, usesTool: boolean): boolean {
  if (usesTool && (toolChoice.type === "any" || toolChoice.type === "tool")) return false;
  if (thinking === null) return model.thinksByDefault;
  return thinking.type === "enabled" || thinking.type === "adaptive";
}

function isForced({ toolChoice }: MessageRequest): boolean {
  return toolChoice.type === "any" || toolChoice.type === "tool";
}

/** Forced ones by `tool_choice`; left the choice, a tool is used when the last message names it and is no tool's result. */
function chosenTool({ tools, toolChoice, body }: MessageRequest, seed: string): Tool | undefined {
  const usable = tools.filter((tool) => tool.inputSchema !== null);
  if (toolChoice.type === "none") return undefined;
  if (toolChoice.type === "tool") return tools.find((tool) => tool.name === toolChoice.name);
  if (toolChoice.type === "any") return usable[Number.parseInt(seed.slice(0, 8), 16) % usable.length];
  const asked = lastText(body);
  return usable.find((tool) => asked.includes(tool.name));
}

function answerText(request: MessageRequest, seed: string): string {
  const { output_config: config } = request.body;
  const format = isObject(config) ? (config as JsonObject).format : undefined;
  if (isObject(format) && format.type === "json_schema") return JSON.stringify(sampleOf(format.schema as Json));
  const asked = lastText(request.body).trim().replaceAll(/\s+/g, " ");
  const quoted = asked.length > 80 ? `${asked.slice(0, 80)}…` : asked;
  const echo = quoted === "" ? "" : ` You wrote: “${quoted}”.`;
  return `This is Tidewire's sandbox speaking for ${request.model.id}.${echo} The same request always gets this answer (${seed.slice(0, 8)}).`;
}

/** The text of the last message, its blocks joined; empty when it holds none. */
function lastText({ messages }: JsonObject): string {
  const last = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (!isObject(last)) return "";
  const { content } = last as JsonObject;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((block) => (isObject(block) && typeof block.text === "string" ? block.text : "")).join(" ");
}

function seedOf({ body, model }: MessageRequest): string {
  const { system, messages, tools } = body;
  return createHash("sha256")
    .update(JSON.stringify([model.id, system, messages, tools]))
    .digest("hex");
}
