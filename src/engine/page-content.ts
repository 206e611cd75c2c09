import { type Json, parseJson } from "../kernel/json.ts";
import { predicateFields } from "../manifest/predicate.ts";
import type { Selector } from "../manifest/select.ts";
import type { Answer, UnparsedAnswer } from "./answer.ts";
import type { ListPage, OperationCall } from "./call.ts";
import { oncePer } from "./once-per.ts";
import { cutPage, MARK, type PageCut, recutPage, withRecords } from "./page-cut.ts";
import { type PageStyle, stylesOf } from "./paging.ts";
import { recordsOf } from "./read.ts";
import { selectValue } from "./select.ts";

/** What a page holds. Where it was parsed only in parts, the answer has a mark in place of its records. */
export interface PageContent extends Pick<ListPage, "records" | "cut"> {
  answer: Answer;
  records: Json[];
  /** Of all records, those included that are as they were. */
  count: number;
}

/** Parses a page whole; `isKept`: and cuts it, so that it need not be parsed whole again. */
export function readPage(call: OperationCall, unparsed: UnparsedAnswer, isKept: boolean): PageContent {
  const answer = unparsed.parse();
  const records = recordsOf(call, answer.record);
  const path = isKept ? recordsPath(call.operation) : null;
  const cut = path && cutPage(unparsed.bytes, records.length, (text) => hasMark(path, parseJson(text)));
  if (!cut) return { answer, records, count: records.length, cut: null };
  return { answer, records, count: records.length, cut: { head: cut.head, parts: withRecords(cut.blocks, records) } };
}

/** Parses a page only where it differs from what it was; null when it must be parsed whole. */
export function reviewPage(call: OperationCall, unparsed: UnparsedAnswer, before: PageCut): PageContent | null {
  const path = recordsPath(call.operation);
  const recut = path && recutPage(unparsed.bytes, before, (text) => hasMark(path, parseJson(text)));
  if (!recut) return null;
  const { head, parts, frame } = recut;
  const records = parts.flatMap((part) => ("kept" in part ? [] : part.records));
  const kept = parts.map((part) => ("kept" in part ? part.kept.records : 0));
  const count = kept.reduce((sum, one) => sum + one, records.length);
  return { answer: unparsed.parse(frame), records, count, cut: { head, parts } };
}

const pathOf = oncePer<OperationCall["operation"], { path: string[] | null }>();

/** The members that lead to the records; null where paging, or what counts as a failure, looks among the records. */
function recordsPath(operation: OperationCall["operation"]): string[] | null {
  return pathOf(operation, () => {
    const path = (operation.response.records ?? []).filter((step) => typeof step === "string" && step !== "*");
    const isPlain = path.length > 0 && path.length === operation.response.records?.length;
    const { failIf } = operation.errors;
    const looks = [...stylesOf(operation).flatMap(selectorsOf), ...(failIf ? predicateFields(failIf) : [])];
    return { path: isPlain && looks.every(([first]) => first !== path[0]) ? path.map(String) : null };
  }).path;
}

/** Where a style looks in an answer. */
function selectorsOf(style: PageStyle): Selector[] {
  const members = [
    "next" in style ? style.next : null,
    "hasMore" in style ? style.hasMore : null,
    "pages" in style ? style.pages : null,
    "total" in style ? style.total : null,
  ];
  return members.filter((selector) => selector !== null);
}

function hasMark(path: string[], frame: Json | undefined): boolean {
  const found = frame === undefined ? undefined : selectValue(path, frame);
  return Array.isArray(found) && found.length === 1 && found[0] === MARK;
}
