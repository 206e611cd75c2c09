import type { JsonObject } from "../kernel/json.ts";

/** What the sandbox keeps of a model; times are ms since the epoch. */
export type ModelRecord = {
  id: string;
  display_name: string;
  createdAt: number;
  deprecatedAt: number | null;
  retiresAt: number | null;
  line: "haiku" | "sonnet" | "opus" | "fable" | "mythos" | null;
  max_input_tokens: number | null;
  max_tokens: number | null;
  capabilities: JsonObject | null;
  aliases: readonly string[];
  /** A thinking block opens the answer unless the request turns it off. */
  thinksByDefault: boolean;
  /** How `thinking` may be set. */
  thinking: { adaptive: boolean; enabled: boolean };
};

interface Abilities {
  effort: readonly string[];
  adaptive: boolean;
  enabled: boolean;
  compact: boolean;
  codeExecution: boolean;
}

const GENERATION_5: Abilities = {
  effort: ["low", "medium", "high", "xhigh", "max"],
  adaptive: true,
  enabled: false,
  compact: true,
  codeExecution: true,
};
const OPUS_4_7: Abilities = { ...GENERATION_5, effort: ["low", "medium", "high", "max"] };
const CLAUDE_4_6: Abilities = { ...OPUS_4_7, enabled: true };
const OPUS_4_5: Abilities = { ...CLAUDE_4_6, effort: ["low", "medium", "high"], adaptive: false, compact: false };
const SONNET_4_5: Abilities = { ...OPUS_4_5, effort: [] };
const HAIKU_4_5: Abilities = { ...SONNET_4_5, codeExecution: false };

type Row = [id: string, createdOn: string, maxInput: number, maxOutput: number, Abilities, retires?: [string, string]];

/**
 * The models of the SDK 1.10.0, oldest first. Dates and limits up to Claude Opus 4.7 are recorded from the API;
 * those of later models are placeholders in the order of the SDK's own list.
 */
const ROWS: Row[] = [
  ["claude-3-opus-20240229", "2024-02-29", 200_000, 4_096, HAIKU_4_5, ["2025-06-30", "2026-01-05"]],
  ["claude-sonnet-4-20250514", "2025-05-22", 200_000, 64_000, HAIKU_4_5, ["2026-04-14", "2026-06-15"]],
  ["claude-sonnet-4-5-20250929", "2025-09-29", 1_000_000, 64_000, SONNET_4_5, ["2026-08-11", "2026-11-30"]],
  ["claude-haiku-4-5-20251001", "2025-10-15", 200_000, 64_000, HAIKU_4_5],
  ["claude-opus-4-5-20251101", "2025-11-24", 200_000, 64_000, OPUS_4_5],
  ["claude-opus-4-6", "2026-02-04", 1_000_000, 128_000, CLAUDE_4_6],
  ["claude-sonnet-4-6", "2026-02-17", 1_000_000, 128_000, CLAUDE_4_6],
  ["claude-opus-4-7", "2026-04-14", 1_000_000, 128_000, OPUS_4_7],
  ["claude-opus-4-8", "2026-06-02", 1_000_000, 128_000, OPUS_4_7],
  ["claude-opus-5", "2026-07-14", 1_000_000, 128_000, GENERATION_5],
  ["claude-mythos-5", "2026-07-28", 1_000_000, 128_000, GENERATION_5],
  ["claude-fable-5", "2026-07-28", 1_000_000, 128_000, GENERATION_5],
  ["claude-sonnet-5", "2026-08-11", 1_000_000, 128_000, GENERATION_5],
  ["claude-mythos-5-1", "2026-09-08", 1_000_000, 128_000, GENERATION_5],
  ["claude-opus-5-5", "2026-09-24", 1_000_000, 128_000, GENERATION_5],
  ["claude-fable-5-1", "2026-09-29", 1_000_000, 128_000, GENERATION_5],
  ["claude-sonnet-5-5", "2026-10-13", 1_000_000, 128_000, GENERATION_5],
  ["claude-haiku-5-5", "2026-10-27", 1_000_000, 64_000, GENERATION_5],
  ["claude-mythos-5-2", "2026-11-10", 1_000_000, 128_000, GENERATION_5],
  ["claude-fable-5-2", "2026-11-10", 1_000_000, 128_000, GENERATION_5],
];

/** Every model that the sandbox begins with, oldest first. */
export function modelCatalogue(): ModelRecord[] {
  return ROWS.map(([id, createdOn, maxInput, maxOutput, abilities, retires]) => ({
    ...newModel(id, Date.parse(createdOn), abilities),
    max_input_tokens: maxInput,
    max_tokens: maxOutput,
    deprecatedAt: retires ? Date.parse(retires[0]) : null,
    retiresAt: retires ? Date.parse(retires[1]) : null,
    aliases: aliasesOf(id),
  }));
}

/** A model with the abilities of the newest ones unless told otherwise. */
export function newModel(id: string, createdAt: number, abilities: Abilities = GENERATION_5): ModelRecord {
  return {
    id,
    display_name: displayName(id),
    createdAt,
    deprecatedAt: null,
    retiresAt: null,
    line: LINES.find((line) => id.includes(line)) ?? null,
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
    capabilities: capabilitiesOf(abilities),
    aliases: [],
    thinksByDefault: abilities === GENERATION_5,
    thinking: { adaptive: abilities.adaptive, enabled: abilities.enabled },
  };
}

const LINES = ["haiku", "sonnet", "opus", "fable", "mythos"] as const;
const DATED = /-\d{8}$/;

/** The 4.5 generation is also known without its date. */
function aliasesOf(id: string): string[] {
  return id.includes("-4-5-") ? [id.replace(DATED, "")] : [];
}

/** `claude-opus-4-5-20251101` → `Claude Opus 4.5`. */
function displayName(id: string): string {
  const words = id.replace(DATED, "").split("-");
  const version = words.filter((word) => /^\d+$/.test(word)).join(".");
  const names = words.filter((word) => !/^\d+$/.test(word)).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return [...names, version].filter(Boolean).join(" ");
}

function capabilitiesOf({ effort, adaptive, enabled, compact, codeExecution }: Abilities): JsonObject {
  const yes = { supported: true };
  const levels = ["low", "medium", "high", "xhigh", "max"].map((level) => [
    level,
    { supported: effort.includes(level) },
  ]);
  return {
    batch: yes,
    citations: yes,
    code_execution: { supported: codeExecution },
    context_management: {
      supported: true,
      clear_thinking_20251015: yes,
      clear_tool_uses_20250919: yes,
      compact_20260112: { supported: compact },
    },
    effort: { supported: effort.length > 0, ...Object.fromEntries(levels) },
    image_input: yes,
    pdf_input: yes,
    structured_outputs: yes,
    server_tools: { supported: true, web_search: yes, code_execution: { supported: codeExecution } },
    thinking: {
      supported: true,
      types: {
        adaptive: { supported: adaptive },
        enabled: { supported: enabled },
        disabled: yes,
        between_tools: { supported: adaptive && !enabled },
      },
    },
  };
}
