import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeConfig, readConfig } from "../../src/config.ts";

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const settings = describeConfig(readConfig({})).map(({ name }) => name);

describe("every setting, and no other,", () => {
  it("is in the guide to running", () => {
    const [, section = ""] = read("docs/guides/operating.md").split("\n## Settings\n");
    const table = (section.split("\n## ")[0] as string).split("\n").filter((line) => line.startsWith("| `"));
    const told = table.flatMap((line) =>
      [...(line.split("|")[1] as string).matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(told.sort()).toEqual(settings.toSorted());
  });

  it("is in .env.example, beside the provider's credentials", () => {
    const told = [...read(".env.example").matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name as string);
    expect(told.filter((name) => !name.startsWith("ANTHROPIC_")).sort()).toEqual(settings.toSorted());
  });
});
