import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import { invalidRequest, notFoundError } from "./api-error.ts";
import type { ApiVersion } from "./endpoint.ts";
import type { Holdings } from "./holdings.ts";
import { named } from "./message-options.ts";

const ROLES = new Set<Json | undefined>(["user", "assistant", "system"]);
/** SDK 1.10.0 `ContentBlockParam`. */
const BLOCK_TYPES = new Set<Json | undefined>([
  "text",
  "image",
  "document",
  "search_result",
  "thinking",
  "redacted_thinking",
  "tool_use",
  "tool_result",
  "server_tool_use",
  "web_search_tool_result",
  "web_fetch_tool_result",
  "code_execution_tool_result",
  "bash_code_execution_tool_result",
  "text_editor_code_execution_tool_result",
  "tool_search_tool_result",
  "container_upload",
]);

/** Checks the system prompt, roles and content blocks. Throws 400 with the place, or 404 for a file that is not there. */
export function checkContent(body: JsonObject, version: ApiVersion, holdings: Holdings): void {
  checkSystem(body.system);
  (body.messages as Json[]).forEach((message, i) => {
    const at = `messages.${i}`;
    if (!isObject(message)) throw invalidRequest(`${at}: Input should be an object`);
    const { role, content } = message as JsonObject;
    if (!ROLES.has(role)) throw invalidRequest(`${at}.role: Input should be 'user', 'assistant' or 'system'`);
    if (typeof content === "string") {
      if (content === "") throw invalidRequest(`${at}: all messages must have non-empty content`);
      return;
    }
    if (!Array.isArray(content)) {
      throw invalidRequest(
        `${at}.content: ${content === undefined ? "Field required" : "Input should be a valid array"}`,
      );
    }
    content.forEach((block, j) => {
      checkBlock(block, `${at}.content.${j}`, role === "assistant", version, holdings);
    });
  });
}

function checkSystem(system: Json | undefined): void {
  if (system === undefined || typeof system === "string") return;
  if (!Array.isArray(system)) throw invalidRequest("system: Input should be a valid string or array");
  const odd = system.findIndex((block) => !isObject(block) || block.type !== "text" || typeof block.text !== "string");
  if (odd >= 0) throw invalidRequest(`system.${odd}: Input should be a text block`);
}

function checkBlock(block: Json, at: string, fromAssistant: boolean, version: ApiVersion, holdings: Holdings): void {
  if (!isObject(block)) throw invalidRequest(`${at}: Input should be an object`);
  const { type, text, citations, source, file_id: upload } = block as JsonObject;
  if (!BLOCK_TYPES.has(type)) {
    throw invalidRequest(
      `${at}: Input tag '${named(type)}' found using 'type' does not match any of the expected tags`,
    );
  }
  if (type === "text" && typeof text !== "string") throw invalidRequest(`${at}.text.text: Field required`);
  if (version === "2026-10-21") {
    if (fromAssistant && type === "document") {
      throw invalidRequest(`${at}: document blocks are not allowed in assistant messages`);
    }
    if (!fromAssistant && type === "text" && Array.isArray(citations) && citations.length > 0) {
      throw invalidRequest(`${at}.citations: citations are not allowed in user messages`);
    }
  }
  if (isObject(source) && source.type === "file") requireFile(source.file_id as Json | undefined, holdings);
  if (type === "container_upload") requireFile(upload, holdings);
}

function requireFile(id: Json | undefined, holdings: Holdings): void {
  if (typeof id !== "string" || !holdings.files.find(id)) throw notFoundError(`File \`${named(id)}\` not found.`);
}
