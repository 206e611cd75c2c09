import type { SettingStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { eq } from "../drizzle.ts";
import { step } from "../steps.ts";

/** Small facts about the database itself. */
export function settingQueries({ db, tables: { settings }, atomically }: Dialect): SettingStore {
  return {
    async get(name) {
      const [row] = await db.select().from(settings).where(eq(settings.name, name));
      return row?.value ?? null;
    },
    async set(name, value) {
      const upsert = db
        .insert(settings)
        .values({ name, value })
        .onConflictDoUpdate({ target: settings.name, set: { value } });
      await atomically({ steps: [step(upsert)] });
    },
  };
}
