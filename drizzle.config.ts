import { defineConfig } from "drizzle-kit";

/** `drizzle-kit generate` writes the next migration from the tables; it needs no database. */
export default defineConfig({
  dialect: "sqlite",
  schema: "./src/store/sqlite-schema.ts",
  out: "./drizzle/sqlite",
  casing: "snake_case",
});
