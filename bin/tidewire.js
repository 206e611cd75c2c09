#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one is told what is missing instead of crashing.
import { existsSync } from "node:fs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `tidewire needs Node 22.12 or newer and this is ${process.versions.node}. ` +
      "In a clone, `npm ci` brings Node 24 along: start it with `npm start` or `npm run tidewire --`.\n",
  );
  process.exit(1);
}

// A published package has dist/; a clone runs its TypeScript as it is (type stripping, Node 22.18 or newer).
const built = new URL("../dist/main.js", import.meta.url);
const { main } = await import(existsSync(built) ? built.href : new URL("../src/main.ts", import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
