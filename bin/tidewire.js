#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one is told what is missing instead of crashing.
import { existsSync } from "node:fs";
import module from "node:module";

// A clone runs its TypeScript as it is, by type stripping; a published package has dist/ only.
const source = new URL("../src/main.ts", import.meta.url);
const isClone = existsSync(source);
const needed = isClone ? 18 : 12;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < needed)) {
  const remedy = isClone ? " `npm ci` brings Node 24 along: start it with `npm start` or `npx tidewire`." : "";
  process.stderr.write(`tidewire needs Node 22.${needed} or newer and this is ${process.versions.node}.${remedy}\n`);
  process.exit(1);
}

// Compiled code, stripped of types, is kept from one start to the next in the system's temporary folder: it halves the work.
module.enableCompileCache();
await import("./v8-flags.js");

const { main } = await import(isClone ? source.href : new URL("../dist/main.js", import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
