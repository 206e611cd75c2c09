import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/examples/**"], // they need servers that npm installs: `npm run test:examples`
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: "forks",
  },
});
