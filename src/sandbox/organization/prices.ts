import type { UsageDimensions } from "./usage-ledger.ts";

/** Kinds of tokens as the cost report names them. */
export const TOKEN_TYPES = [
  "uncached_input_tokens",
  "cache_creation.ephemeral_5m_input_tokens",
  "cache_creation.ephemeral_1h_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/**
 * Input and output, US dollars for a million tokens, by what a model's id begins with; the first that fits. Anthropic's
 * price list of August 2026; newer models cost what those before them do. Fast mode and US-only inference cost no more here.
 */
const PRICES: [idPrefix: string, input: number, output: number][] = [
  ["claude-3-opus", 15, 75],
  ["claude-fable", 10, 50],
  ["claude-mythos", 10, 50],
  ["claude-sonnet-4", 3, 15],
  ["claude-sonnet", 2, 10],
  ["claude-haiku", 1, 5],
];
const OPUS: [input: number, output: number] = [5, 25];

/** Of the input price, in twentieths. */
const TWENTIETHS: Record<Exclude<TokenType, "output_tokens">, bigint> = {
  uncached_input_tokens: 20n,
  "cache_creation.ephemeral_5m_input_tokens": 25n,
  "cache_creation.ephemeral_1h_input_tokens": 40n,
  cache_read_input_tokens: 2n,
};

/** Amounts are whole numbers of this small a part of a cent, so that sums of them are exact. */
const UNITS_PER_CENT = 10_000_000n;
const UNIT_DIGITS = 7;

/** What tokens cost, in ten-millionths of a cent. Batches cost half. */
export function tokenCost(
  type: TokenType,
  tokens: number,
  { model, serviceTier }: Pick<UsageDimensions, "model" | "serviceTier">,
): bigint {
  const [input, output] = priceOf(model);
  // A dollar for a million tokens is a thousand of these parts for each.
  const perToken = type === "output_tokens" ? output * 1_000n : input * 50n * TWENTIETHS[type];
  return (BigInt(tokens) * perToken) / (serviceTier === "batch" ? 2n : 1n);
}

/** What web searches cost, in ten-millionths of a cent: ten dollars for a thousand. */
export function searchCost(searches: number): bigint {
  return BigInt(searches) * UNITS_PER_CENT;
}

/** An amount as a decimal string in cents, without needless zeros: `123.78912`. */
export function cents(amount: bigint): string {
  const fraction = String(amount % UNITS_PER_CENT)
    .padStart(UNIT_DIGITS, "0")
    .replace(/0+$/, "");
  return `${amount / UNITS_PER_CENT}${fraction === "" ? "" : `.${fraction}`}`;
}

/** An amount as a number of whole cents, as Claude Code's estimates are. */
export function wholeCents(amount: bigint): number {
  return Number((amount + UNITS_PER_CENT / 2n) / UNITS_PER_CENT);
}

function priceOf(model: string): [input: bigint, output: bigint] {
  const [, input, output] = PRICES.find(([prefix]) => model.startsWith(prefix)) ?? ["", ...OPUS];
  return [BigInt(input), BigInt(output)];
}
