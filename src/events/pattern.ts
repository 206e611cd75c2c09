import { matchesPattern } from "../model/event.ts";

/** True when a pattern names an event's type. `claude-api/files.created` names it of that connector only, `files.created` of all. */
export function names(pattern: string, { type, connector }: { type: string; connector: string }): boolean {
  const slash = pattern.indexOf("/");
  if (slash < 0) return matchesPattern(pattern, type);
  return pattern.slice(0, slash) === connector && matchesPattern(pattern.slice(slash + 1), type);
}
