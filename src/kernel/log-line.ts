import pino from "pino";
import { isObject } from "./json.ts";

/** A line of the log (JSON, with its line end) as a person at a terminal reads it: `08:25:59Z POST /v1/keys 201 3 ms request_id=req_…`. */
export function lineForPeople(line: string): string {
  const { time, level, msg, method, path, status, ms, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const label = pino.levels.labels[Number(level)] ?? "";
  const isRequest = method !== undefined && path !== undefined;
  const words = [
    `${String(time).slice(11, 19)}Z`,
    ...(label === "info" ? [] : [label]),
    ...(isRequest ? [method, path, status, `${String(ms)} ms`] : [msg, ...members({ method, path, status, ms })]),
    ...members(rest),
  ];
  return `${printable(words.join(" "))}\n${err === undefined ? "" : `${printable(errorText(err))}\n`}`;
}

function members(fields: Record<string, unknown>): string[] {
  const told = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return told.map(
    ([name, value]) => `${name}=${typeof value === "string" ? bareOrQuoted(value) : JSON.stringify(value)}`,
  );
}

function bareOrQuoted(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function errorText(err: unknown): string {
  const text = isObject(err) ? (err.stack ?? err.message) : err;
  return String(typeof text === "string" ? text : JSON.stringify(text)).replace(/^/gm, "    ");
}

/** What a provider answered may hold escape sequences, which a terminal would obey. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "?");
}
