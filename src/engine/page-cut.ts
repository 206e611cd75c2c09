import { hash } from "node:crypto";
import { parseExactly } from "../kernel/exact-json.ts";
import { type Json, parseJson } from "../kernel/json.ts";

/** Some records of a list that stand together in its text, known again by their bytes. */
export interface TextBlock {
  /** Its length, from its first record's first byte to its last record's last. */
  bytes: number;
  records: number;
  /** Of its bytes. */
  digest: string;
  /** Its first bytes, one character each: what it is looked for by. */
  start: string;
}

/** The text of a page, cut into the blocks of its list. */
export interface PageCut<B extends TextBlock = TextBlock> {
  /** Bytes before the list's first record. */
  head: number;
  blocks: B[];
}

/** A piece of a list: a block that was there before, or records with the block that they make now. */
export type ListPart = { kept: TextBlock } | { records: Json[]; block: TextBlock };

/** A page that was parsed only where it differs from an earlier one. */
export interface Recut {
  head: number;
  /** In order. */
  parts: ListPart[];
  /** The page's text with a mark in place of its records. */
  frame: string;
}

/** What stands in a frame where the records did: a list that holds it, and nothing else, is the one that was cut out. */
export const MARK = "tidewire:records";

/** Records in a block, about. */
const BLOCK = 32;
const START_BYTES = 48;
/** How far behind its place a block is looked for, in bytes. */
const REACH = 64 * 1024;
/** How many brackets are tried as those of the list. */
const BRACKETS = 8;
const utf8 = new TextDecoder();

/** Tells whether a text is that of a page with the mark alone in its list. */
type IsFrame = (text: string) => boolean;

/**
 * Cuts the text of a page whose list holds so many records. Null when it cannot be cut. No reader of our own is involved: each
 * cut is proved by what `JSON.parse` makes of the pieces.
 */
export function cutPage(bytes: Buffer, count: number, isFrame: IsFrame): PageCut | null {
  if (count === 0) return null;
  for (const bracket of brackets(bytes, 0x5b)) {
    const head = bracket + 1;
    for (const end of listEnds(bytes, head, isFrame)) {
      const blocks = blocksOf(bytes, head, end, count);
      if (blocks !== null) return { head, blocks };
    }
  }
  return null;
}

/**
 * Parses a page only where it differs from the one that was cut before. Blocks are known again where they stand, or moved by
 * what came or went before them; what lies between them is parsed. Null when the page is not like the one before.
 */
export function recutPage(bytes: Buffer, { head, blocks }: PageCut, isFrame: IsFrame): Recut | null {
  for (const end of listEnds(bytes, head, isFrame)) {
    const parts = partsOf(bytes, head, end, blocks);
    // Blocks that got ever smaller are made anew.
    if (parts !== null && parts.length <= 8 + 2 * blocks.length)
      return { head, parts, frame: frameOf(bytes, head, end) };
  }
  return null;
}

function partsOf(bytes: Buffer, head: number, end: number, blocks: readonly TextBlock[]): ListPart[] | null {
  const parts: ListPart[] = [];
  let at = head;
  for (const block of blocks) {
    const found = find(bytes, block, at, end);
    if (found === null) continue;
    const between = partsBetween(bytes, at, found, { after: parts.length > 0, before: true });
    if (between === null) return null;
    parts.push(...between, { kept: block });
    at = found + block.bytes;
  }
  const rest = partsBetween(bytes, at, end, { after: parts.length > 0, before: false });
  return rest && [...parts, ...rest];
}

/** Where the list that begins behind `head` may end. */
function* listEnds(bytes: Buffer, head: number, isFrame: IsFrame): Generator<number> {
  for (const end of brackets(bytes, 0x5d)) if (end >= head && isFrame(frameOf(bytes, head, end))) yield end;
}

function frameOf(bytes: Buffer, head: number, end: number): string {
  return `${textOf(bytes, 0, head)}"${MARK}"${textOf(bytes, end, bytes.length)}`;
}

function find(bytes: Buffer, { start, bytes: length, digest }: TextBlock, from: number, end: number): number | null {
  const within = bytes.subarray(from, Math.min(end, from + REACH));
  const offset = within.indexOf(start, 0, "latin1");
  const at = from + offset;
  if (offset < 0 || at + length > end) return null;
  return digestOf(bytes, at, at + length) === digest ? at : null;
}

/** The records of the text between two kept blocks, or between one and an end of the list; null when it is no such text. */
function partsBetween(
  bytes: Buffer,
  from: number,
  to: number,
  kept: { after: boolean; before: boolean },
): ListPart[] | null {
  // An empty text stands for each kept neighbour, so that commas that are missing or too many are found.
  const records = parseList(`${kept.after ? '""' : ""}${textOf(bytes, from, to)}${kept.before ? '""' : ""}`);
  if (records === null) return null;
  if (kept.after) records.shift();
  if (kept.before) records.pop();
  if (records.length === 0) return [];
  const blocks = blocksOf(bytes, from, to, records.length);
  return blocks && withRecords(blocks, records);
}

/** Blocks with the records that they hold. */
export function withRecords(blocks: readonly TextBlock[], records: readonly Json[]): ListPart[] {
  let from = 0;
  return blocks.map((block) => {
    const part = { records: records.slice(from, from + block.records), block };
    from += block.records;
    return part;
  });
}

/** Cuts the text of records, with commas and space at its ends, into blocks; null when they are not so many. */
function blocksOf(bytes: Buffer, from: number, to: number, count: number): TextBlock[] | null {
  const [first, end] = trimmed(bytes, from, to);
  const length = Math.ceil((end - first) / count) * BLOCK;
  const blocks: TextBlock[] = [];
  let left = count;
  for (let at = first; at < end; ) {
    const cut = left <= 2 * BLOCK ? null : cutNear(bytes, at, at + length, end);
    const stop = cut?.end ?? end;
    const records = cut?.records ?? parseList(textOf(bytes, at, end))?.length ?? 0;
    blocks.push({ bytes: stop - at, records, digest: digestOf(bytes, at, stop), start: startOf(bytes, at, stop) });
    left -= records;
    [at] = trimmed(bytes, stop, end);
  }
  return left === 0 ? blocks : null;
}

/** Where a record ends near a place, and how many there are from `from` to there; null when none is found. */
function cutNear(bytes: Buffer, from: number, near: number, end: number): { end: number; records: number } | null {
  let at = near;
  for (let tries = 0; tries < BRACKETS; tries++) {
    const brace = bytes.indexOf("},", at);
    if (brace < 0 || brace >= end) return null;
    const records = parseList(textOf(bytes, from, brace + 1));
    if (records !== null) return { end: brace + 1, records: records.length };
    at = brace + 1;
  }
  return null;
}

/** The places of a kind of bracket: opening ones from the front, closing ones from the back. */
function* brackets(bytes: Buffer, bracket: 0x5b | 0x5d): Generator<number> {
  const isOpening = bracket === 0x5b;
  let at = isOpening ? bytes.indexOf(bracket) : bytes.lastIndexOf(bracket);
  for (let n = 0; n < BRACKETS && at >= 0; n++) {
    yield at;
    if (!isOpening && at === 0) return;
    at = isOpening ? bytes.indexOf(bracket, at + 1) : bytes.lastIndexOf(bracket, at - 1);
  }
}

function parseList(text: string): Json[] | null {
  const list = parseJson(`[${text}]`, parseExactly);
  return Array.isArray(list) ? list : null;
}

/** Without the commas and the space at either end. */
function trimmed(bytes: Buffer, from: number, to: number): [number, number] {
  let [first, end] = [from, to];
  while (first < end && isBetween(bytes[first])) first++;
  while (end > first && isBetween(bytes[end - 1])) end--;
  return [first, end];
}

/** A comma, or what JSON takes for space. */
function isBetween(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function textOf(bytes: Buffer, from: number, to: number): string {
  return utf8.decode(bytes.subarray(from, to));
}

function digestOf(bytes: Buffer, from: number, to: number): string {
  return hash("sha256", bytes.subarray(from, to), "base64url");
}

function startOf(bytes: Buffer, from: number, to: number): string {
  return bytes.toString("latin1", from, Math.min(to, from + START_BYTES));
}
