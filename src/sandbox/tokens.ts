import { isObject, type Json, type JsonObject } from "../kernel/json.ts";

/** The sandbox's tokenizer: four characters are one token. */
export const CHARS_PER_TOKEN = 4;

const MESSAGE_OVERHEAD = 4;
const IMAGE_TOKENS = 1_600;
/** A document by reference, whose text the sandbox does not read. */
const DOCUMENT_TOKENS = 3_000;

export function textTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Input tokens of a messages request: an estimate, as `count_tokens` itself is. */
export function requestTokens({ system, messages, tools }: JsonObject): number {
  let tokens = MESSAGE_OVERHEAD + contentTokens(system);
  for (const message of asList(messages)) {
    if (isObject(message)) tokens += MESSAGE_OVERHEAD + contentTokens(message.content as Json);
  }
  for (const tool of asList(tools)) tokens += textTokens(JSON.stringify(tool));
  return tokens;
}

function contentTokens(content: Json | undefined): number {
  if (typeof content === "string") return textTokens(content);
  let tokens = 0;
  for (const block of asList(content)) if (isObject(block)) tokens += blockTokens(block as JsonObject);
  return tokens;
}

function blockTokens(block: JsonObject): number {
  switch (block.type) {
    case "text":
      return contentTokens(block.text);
    case "image":
      return IMAGE_TOKENS;
    case "document":
      return DOCUMENT_TOKENS;
    case "tool_result":
      return MESSAGE_OVERHEAD + contentTokens(block.content);
    default:
      return textTokens(JSON.stringify(block));
  }
}

function asList(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
