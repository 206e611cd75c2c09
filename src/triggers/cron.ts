import { remembered } from "../kernel/remembered.ts";
import { nodeCron } from "../kernel/when-needed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Clocks are put on or back at quarters of an hour, so hours that do not match are crossed in these steps. */
const COARSE_STEP_MS = 15 * MINUTE_MS;
/** Days that do not match are crossed up to here before their midnight, so that no change of the clock there is missed. */
const BEFORE_MIDNIGHT_MS = 3 * HOUR_MS;
/** As far as we look ahead: a leap day comes again within eight years. */
const HORIZON_MS = 8 * 366 * DAY_MS;
/** Clocks go by one offset for longer than this. */
const SHORTEST_SEASON_MS = 3 * HOUR_MS;

/** What a clock on the wall shows, as if it were UTC; ms since the epoch. */
type WallMs = number;

interface CronRule {
  matches(wall: WallMs): boolean;
  /** Whether any minute of the hour, and of the day, may match. */
  matchesHour(wall: WallMs): boolean;
  matchesDay(wall: WallMs): boolean;
  /** True when it names hours: each of them comes once a day, whatever is done to the clock. */
  namesHours: boolean;
}

/**
 * The first minute after `nowMs` that a cron expression of five fields means in its time zone, ms since the epoch. Where the
 * clock is put on, what names an hour that there is not runs as soon as the clock was; where it is put back, it runs the first
 * of both times. Expressions for every hour (`*`) go on by the time that passes.
 */
export function nextCron(expression: string, timezone: string, nowMs: number): number {
  const rule = ruleOf(expression);
  const offsetAt = zoneOf(timezone);
  let at = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS;
  let offsetBefore = offsetAt(at - MINUTE_MS);
  while (at <= nowMs + HORIZON_MS) {
    const offset = offsetAt(at);
    if (rule.namesHours && skippedMatches(rule, at + offsetBefore, at + offset)) return at;
    if (rule.matches(at + offset) && !(rule.namesHours && isSecondTime(at, offsetAt))) return at;
    at += stepAfter(rule, at + offset);
    offsetBefore = offset;
  }
  return at;
}

/** node-cron keeps the rules of expressions; of the time zones it knows too little, so it is asked as if all were UTC. */
const ruleOf = remembered(100, (expression): CronRule => {
  // A field of seconds is finer than we run: the minute decides.
  const [minute, hour = "*", ...days] = expression.trim().split(/\s+/).slice(-5);
  return {
    matches: matcher([minute, hour, ...days]),
    matchesHour: matcher(["*", hour, ...days]),
    matchesDay: matcher(["*", "*", ...days]),
    namesHours: !hour.startsWith("*"),
  };
});

function matcher(fields: (string | undefined)[]): (wall: WallMs) => boolean {
  const task = nodeCron().createTask(fields.join(" "), () => undefined, { timezone: "UTC" });
  // node-cron keeps each task in a list of its own until it is destroyed; a match needs no living task.
  void task.destroy();
  return (wall) => task.match(new Date(wall));
}

/** Until the next minute that may match. */
function stepAfter(rule: CronRule, wall: WallMs): number {
  const untilMidnight = DAY_MS - (wall % DAY_MS);
  const coarse = COARSE_STEP_MS - (wall % COARSE_STEP_MS);
  if (!rule.matchesDay(wall)) return Math.max(coarse, untilMidnight - BEFORE_MIDNIGHT_MS);
  return rule.matchesHour(wall) ? MINUTE_MS : coarse;
}

/** Whether the clock was put on past a minute that matches. */
function skippedMatches(rule: CronRule, from: WallMs, to: WallMs): boolean {
  for (let wall = from; wall < to; wall += MINUTE_MS) if (rule.matches(wall)) return true;
  return false;
}

/** Whether the clock has shown this minute before, and was put back since. */
function isSecondTime(at: number, offsetAt: (atMs: number) => number): boolean {
  const offset = offsetAt(at);
  const putBackMs = offsetAt(at - SHORTEST_SEASON_MS) - offset;
  return putBackMs > 0 && offsetAt(at - putBackMs) === offset + putBackMs;
}

/** How far the clocks of a time zone are before UTC at a moment, ms. */
function zoneOf(timezone: string): (atMs: number) => number {
  const format = formatOf(timezone);
  return (atMs) => {
    const [year = 0, month = 1, day, hour, minute] = (format.format(atMs).match(/\d+/g) ?? []).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
  };
}

const formatOf = remembered(
  100,
  (timeZone) =>
    // Canada writes years first.
    new Intl.DateTimeFormat("en-CA", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    }),
);
