import { defineConfig } from "vitest/config";

/** The examples against the real servers, which `npm run test:examples` installs. */
export default defineConfig({
  test: {
    include: ["test/examples/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 90_000,
    pool: "forks",
  },
});
