import SqliteClient from "better-sqlite3";
import { messageOf } from "../kernel/errors.ts";
import type { Changed, Line } from "./lines.ts";
import type { Written } from "./writer.ts";

/**
 * What the thread is sent; null = close. All lines are in one list, one after the other: each object within a message costs
 * as much as some texts.
 */
export interface Order {
  texts: string[];
  /** Of each plan, how many lines it has. */
  lengths: number[];
  /** Of each line: its text by number, how many lines it skips, how many parameters it has, and those. */
  lines: unknown[];
}
/** What comes back: of all lines, one after the other, what they changed; and of plans that failed, by their places, why. */
export type Answer = { changed: Changed[]; failed: [plan: number, failure: Failure][] } | "locked";

/** An error loses its class on the way from another thread, and its code with it. */
interface Failure {
  message: string;
  code: string | null;
}

/** A group as it is sent. */
export function orderOf(group: readonly (readonly Line[])[]): Order {
  const numbers = new Map<string, number>();
  const lines: unknown[] = [];
  for (const plan of group) {
    for (const { sql, params, skip } of plan) {
      const number = numbers.get(sql) ?? numbers.size;
      if (number === numbers.size) numbers.set(sql, number);
      lines.push(number, skip, params.length);
      for (const param of params) lines.push(param);
    }
  }
  return { texts: [...numbers.keys()], lengths: group.map((plan) => plan.length), lines };
}

/** The plans of an order, as they were before. */
export function plansOf({ texts, lengths, lines }: Order): Line[][] {
  let at = 0;
  const next = (): Line => {
    const [text, skip, count] = [lines[at], lines[at + 1], lines[at + 2]] as [number, number, number];
    const from = at + 3;
    at = from + count;
    return { sql: texts[text] as string, params: lines.slice(from, at), skip };
  };
  return lengths.map((length) => Array.from({ length }, next));
}

/** What it wrote, as the thread sends it. */
export function answerOf(written: readonly Written[]): Answer {
  const answer: Exclude<Answer, string> = { changed: [], failed: [] };
  written.forEach((one, plan) => {
    if ("error" in one) answer.failed.push([plan, failureOf(one.error)]);
    else for (const changed of one.changed) answer.changed.push(changed);
  });
  return answer;
}

/** What the thread wrote of a group. Throws when another process holds the lock. */
export function writtenOf(answer: Answer, group: readonly (readonly Line[])[]): Written[] {
  if (answer === "locked") throw new SqliteClient.SqliteError("database is locked", "SQLITE_BUSY");
  const failed = new Map(answer.failed);
  let at = 0;
  return group.map(({ length }, plan) => {
    const failure = failed.get(plan);
    return failure ? { error: errorOf(failure) } : { changed: answer.changed.slice(at, (at += length)) };
  });
}

function errorOf({ message, code }: Failure): Error {
  return code === null ? new Error(message) : new SqliteClient.SqliteError(message, code);
}

function failureOf(error: unknown): Failure {
  return { message: messageOf(error), code: error instanceof Error && "code" in error ? String(error.code) : null };
}
