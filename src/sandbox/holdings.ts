import type { Files } from "./files.ts";
import type { Models } from "./models.ts";
import type { Skills } from "./skills.ts";

/** What a messages request may name. */
export interface Holdings {
  models: Models;
  files: Files;
  skills: Skills;
}
