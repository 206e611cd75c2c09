import type { Json, JsonObject } from "../kernel/json.ts";

type TextBlock = { type: "text"; text: string; citations: null };
type ThinkingBlock = { type: "thinking"; thinking: string; signature: string };
type ToolUseBlock = { type: "tool_use"; id: string; name: string; input: Json; caller: { type: "direct" } };
export type ContentBlock = TextBlock | ThinkingBlock | ToolUseBlock;

export type StopReason = "end_turn" | "max_tokens" | "stop_sequence" | "tool_use";

export type Usage = {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens_details: { thinking_tokens: number };
  server_tool_use: null;
  service_tier: "standard" | "batch";
  speed: "standard" | "fast";
  inference_geo: string;
};

/** The message object of the API, as the sandbox fills it. */
export type Message = {
  id: string;
  type: "message";
  role: "assistant";
  model: string;
  content: ContentBlock[];
  stop_reason: StopReason;
  stop_sequence: string | null;
  stop_details: null;
  container: null;
  diagnostics: null;
  usage: Usage;
};

/** A tool that a request offers; the API's own have a type and may have no schema. */
export interface Tool {
  name: string;
  type: string | null;
  inputSchema: JsonObject | null;
}
