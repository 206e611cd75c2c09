#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one is told what is missing instead of crashing.
import { existsSync } from "node:fs";
import module from "node:module";
import { setFlagsFromString } from "node:v8";

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
// What a start makes, it keeps. V8 would let its nursery grow for that by 60 MB that it never gives back, to no use: it grows
// once there are calls to serve (src/heap.ts).
setFlagsFromString("--semi-space-growth-factor=1");
// The parser of undici is WebAssembly. After the first few answers V8 would compile it anew, with 10 MB that stay: that can wait
// until there are some hundreds.
setFlagsFromString("--wasm-tiering-budget=1000000000");
// Little lives long enough to be moved out of the nursery: waking threads to help with that takes longer than doing it (of a call, 4 %).
setFlagsFromString("--no-parallel-scavenge");
// V8 moves places where what they made lived on for a while to the old space for good. At a start and in each burst everything does, and
// what is made there afterwards outlives its use, with all that it holds: of a delivery 3 KB, which only a collection of the whole heap frees.
setFlagsFromString("--no-allocation-site-pretenuring");

const { main } = await import(isClone ? source.href : new URL("../dist/main.js", import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
