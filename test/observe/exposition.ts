/** One line of Prometheus' text format, read by the format's own rules. */
export interface Sample {
  metric: string;
  name: string;
  labels: Record<string, string>;
  value: number;
}

const META = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g;
const OF_HISTOGRAM = /_(bucket|sum|count)$/;

/** What a scrape holds, and every offence against the format and against the customs that `promtool check metrics` knows. */
export function parseExposition(text: string): { samples: Sample[]; types: Map<string, string>; offences: string[] } {
  const offences: string[] = [];
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  if (!text.endsWith("\n")) offences.push("the last line does not end");
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [, kind, metric = "", words = ""] = META.exec(line) ?? [];
    if (kind) {
      const known = kind === "HELP" ? helps : types;
      if (known.has(metric)) offences.push(`${metric}: ${kind} twice`);
      known.set(metric, words);
      continue;
    }
    const [, name, labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (name === undefined) {
      offences.push(`not of the format: ${line}`);
      continue;
    }
    const metric_ = types.get(name.replace(OF_HISTOGRAM, "")) === "histogram" ? name.replace(OF_HISTOGRAM, "") : name;
    if (!types.has(metric_) || !helps.has(metric_)) offences.push(`${name}: no HELP and TYPE before it`);
    if (seen.has(`${name}{${labels}}`)) offences.push(`${name}{${labels}}: twice`);
    seen.add(`${name}{${labels}}`);
    if (value !== "+Inf" && !Number.isFinite(Number(value))) offences.push(`${name}: ${value} is no number`);
    const read = Object.fromEntries([...labels.matchAll(LABEL)].map(([, label = "", of = ""]) => [label, of]));
    samples.push({ metric: metric_, name, labels: read, value: Number(value) });
  }
  return { samples, types, offences: [...offences, ...customs(types, helps, samples)] };
}

function customs(types: Map<string, string>, helps: Map<string, string>, samples: Sample[]): string[] {
  const offences: string[] = [];
  for (const [name, type] of types) {
    if ((helps.get(name) ?? "") === "") offences.push(`${name}: no help`);
    if (type === "counter" && !name.endsWith("_total")) offences.push(`${name}: a counter ends in _total`);
    if (type !== "counter" && name.endsWith("_total")) offences.push(`${name}: only a counter ends in _total`);
    if (/_(count|sum|bucket)$/.test(name)) offences.push(`${name}: a reserved ending`);
    if (/(milliseconds|_ms|_us|minutes|hours|kilobytes|megabytes|_kb|_mb|percent)(_|$)/.test(name))
      offences.push(`${name}: not in a base unit`);
    if (/[A-Z]/.test(name)) offences.push(`${name}: camel case`);
    if (name.includes(type)) offences.push(`${name}: names its own type`);
  }
  for (const { name, labels } of samples) {
    if (Object.keys(labels).some((label) => /[A-Z]/.test(label))) offences.push(`${name}: a label in camel case`);
    if ("le" in labels && !name.endsWith("_bucket")) offences.push(`${name}: le outside of a bucket`);
  }
  return offences;
}
